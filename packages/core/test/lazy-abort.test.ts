import { describe, expect, test } from "vitest";
import { AppError, LazyAbortController } from "../src/index.js";

const reason = new AppError("client_disconnected");

describe("LazyAbortController", () => {
  test("before it aborts nothing is told", () => {
    const controller = new LazyAbortController();
    const told: unknown[] = [];
    controller.onAbort((why) => told.push(why));
    expect(controller).toMatchObject({ aborted: false, reason: undefined });
    expect(controller.signal.aborted).toBe(false);
    expect(told).toEqual([]);
  });

  test("tells every listener once, in the order they came, and keeps the first reason", () => {
    const controller = new LazyAbortController();
    const told: unknown[] = [];
    controller.onAbort((why) => told.push("first", why));
    controller.onAbort((why) => told.push("second", why));
    controller.abort(reason);
    controller.abort(new Error("too late"));
    expect(told).toEqual(["first", reason, "second", reason]);
    expect(controller).toMatchObject({ aborted: true, reason });
  });

  test.each([
    ["before", true],
    ["after", false],
  ])("its signal, asked for %s the abort, is aborted with the same reason", (_, isAskedBefore) => {
    const controller = new LazyAbortController();
    let events = 0;
    if (isAskedBefore) controller.signal.addEventListener("abort", () => (events += 1));
    controller.abort(reason);
    expect(controller.signal.aborted).toBe(true);
    expect(controller.signal.reason).toBe(reason);
    expect(controller.signal).toBe(controller.signal);
    expect(events).toBe(isAskedBefore ? 1 : 0);
  });

  test("a listener that comes late is told at once", () => {
    const controller = new LazyAbortController();
    controller.abort(reason);
    const told: unknown[] = [];
    const takeOff = controller.onAbort((why) => told.push(why));
    expect(told).toEqual([reason]);
    expect(takeOff).not.toThrow();
  });

  test("a listener that was taken off is not told", () => {
    const controller = new LazyAbortController();
    const told: string[] = [];
    const takeOffEarly = controller.onAbort(() => told.push("early"));
    takeOffEarly();
    takeOffEarly();
    controller.onAbort(() => told.push("kept"));
    controller.abort(reason);
    expect(told).toEqual(["kept"]);
  });
});
