import { AppError, LazyAbortController } from "@wheelhouse/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchClient } from "../src/run/disconnect.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LEFT = new AppError("client_disconnected");

function watched(policy: Parameters<typeof watchClient>[1]) {
  const client = new LazyAbortController();
  const codes: string[] = [];
  const watch = watchClient(client, policy, (code) => codes.push(code));
  return { client, codes, watch };
}

test("R62 the last reader that leaves decides, not the first", () => {
  const { client, codes, watch } = watched("cancel");
  const other = watch.attach();
  client.abort(LEFT);
  expect(codes).toEqual([]);
  other();
  other();
  expect(codes).toEqual(["client_disconnected"]);
});

test("R62 a reader within the grace ends it, and its leaving begins another", () => {
  const { client, codes, watch } = watched({ graceMs: 100 });
  client.abort(LEFT);
  vi.advanceTimersByTime(99);
  const back = watch.attach();
  vi.advanceTimersByTime(1_000);
  expect(codes).toEqual([]);
  back();
  vi.advanceTimersByTime(99);
  expect(codes).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(codes).toEqual(["client_disconnected"]);
});

test("R62 detach never stops, a shutdown always does, and nothing comes after the end", () => {
  const detached = watched("detach");
  detached.client.abort(LEFT);
  vi.advanceTimersByTime(1_000_000);
  expect(detached.codes).toEqual([]);
  const stopped = watched("detach");
  stopped.client.abort(new AppError("shutting_down"));
  expect(stopped.codes).toEqual(["shutting_down"]);
  const over = watched({ graceMs: 10 });
  over.client.abort(LEFT);
  over.watch.end();
  vi.advanceTimersByTime(1_000);
  expect(over.codes).toEqual([]);
});
