import { LazyAbortController } from "@wheelhouse/core";
import { expect, test } from "vitest";
import { createAdmission } from "../src/run/admission.js";

const limits = { concurrency: 1, maxQueued: 2 };
const never = new LazyAbortController();

test("places are given out in order, one is free again when it is let go", async () => {
  const admission = createAdmission();
  const first = await admission.enter(limits, never);
  const order: string[] = [];
  const second = Promise.resolve(admission.enter(limits, never)).then((release) => {
    order.push("second");
    return release;
  });
  const third = Promise.resolve(admission.enter(limits, never)).then(() => order.push("third"));
  first();
  first();
  (await second)();
  await third;
  expect(order).toEqual(["second", "third"]);
});

test("one too many is refused with 429 and told when to come again", async () => {
  const admission = createAdmission();
  const release = await admission.enter(limits, never);
  const waiting = [admission.enter(limits, never), admission.enter(limits, never)];
  expect(() => admission.enter(limits, never)).toThrow(
    expect.objectContaining({ status: 429, headers: { "retry-after": "1" } }),
  );
  release();
  for (const place of waiting) (await place)();
});

test("a client that leaves while it waits gives its turn to the next", async () => {
  const admission = createAdmission();
  const release = await admission.enter(limits, never);
  const client = new LazyAbortController();
  const left = admission.enter(limits, client) as Promise<unknown>;
  const next = admission.enter(limits, never);
  client.abort("left");
  await expect(left).rejects.toMatchObject({ code: "client_disconnected" });
  release();
  await expect(next).resolves.toBeTypeOf("function");
});

test("no limit, no waiting", () => {
  const admission = createAdmission();
  expect(admission.enter({ concurrency: undefined, maxQueued: 0 }, never)).toBeTypeOf("function");
});

test("a client that has left already does not wait", async () => {
  const admission = createAdmission();
  const release = await admission.enter(limits, never);
  const client = new LazyAbortController();
  client.abort("left");
  expect(() => admission.enter(limits, client)).toThrow(
    expect.objectContaining({ code: "client_disconnected" }),
  );
  release();
  await expect(Promise.resolve(admission.enter(limits, never))).resolves.toBeTypeOf("function");
});
