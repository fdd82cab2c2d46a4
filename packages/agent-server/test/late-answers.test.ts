import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LateAnswers } from "../src/stored/late-answers.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an answer that does not come in time is given up, once; one that has come is not", async () => {
  const late = new LateAnswers();
  const told: string[] = [];
  late.begin(({ message }) => told.push(`first: ${message}`));
  const second = late.begin(() => told.push("second"));
  await vi.advanceTimersByTimeAsync(20_000);
  late.begin(() => told.push("third"));
  late.end(second);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told).toEqual(["first: The store has not answered within 30000 ms."]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.slice(1)).toEqual(["third"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a store that answers all that it is asked leaves no timer", async () => {
  const late = new LateAnswers();
  for (let at = 0; at < 100; at++) late.end(late.begin(() => expect.unreachable()));
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(vi.getTimerCount()).toBe(0);
});
