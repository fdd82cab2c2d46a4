import { equal } from "./assert.js";
import { logWith, numbered } from "./events.js";
import { rule, type StoreRule } from "./rule.js";
import { sleep, until } from "./wait.js";

/** How a run is asked to stop. */
export const cancelRules: readonly StoreRule[] = [
  rule(
    "cancel-append",
    "the writer sees the cancel in its next append, and so does the one after it",
    async ({ store: { log } }) => {
      const writer = await logWith(log, "a", 1);
      await log.open("b", null);
      equal((await log.append(writer, [])).cancelRequested, false, "cancelRequested before");
      equal((await log.info("a"))?.cancelRequested, false, "info before");
      equal(await log.requestCancel("a"), true, "requestCancel");
      equal(await log.requestCancel("a"), true, "requestCancel again");
      equal((await log.append(writer, numbered(1))).cancelRequested, true, "cancelRequested after");
      equal((await log.info("a"))?.cancelRequested, true, "info after");
      const next = await log.open("a", null);
      equal(
        (await log.append(next, [])).cancelRequested,
        true,
        "cancelRequested after a take-over",
      );
      equal((await log.info("b"))?.cancelRequested, false, "another log's info");
    },
  ),

  rule(
    "cancel-nothing",
    "a log that is closed or not there cannot be cancelled",
    async ({ store: { log } }) => {
      equal(await log.requestCancel("missing"), false, "requestCancel of no log");
      await log.close(await logWith(log, "a", 1));
      equal(await log.requestCancel("a"), false, "requestCancel of a closed log");
    },
  ),

  rule(
    "cancel-listeners",
    "listeners are called once, also when it was asked before",
    async ({ store: { log } }) => {
      await log.open("a", null);
      await log.open("b", null);
      const calls: string[] = [];
      log.onCancel("a", () => calls.push("first"));
      log.onCancel("a", () => calls.push("second"));
      log.onCancel("b", () => calls.push("other log"));
      log.onCancel("missing", () => calls.push("missing"));
      const stop = log.onCancel("a", () => calls.push("stopped"));
      stop();
      stop();
      await log.requestCancel("a");
      await until(() => (calls.length >= 2 ? true : undefined), "two listeners called");
      log.onCancel("a", () => calls.push("late"));
      await until(() => (calls.length >= 3 ? true : undefined), "the late listener called");
      await log.requestCancel("a");
      await sleep(25);
      equal(calls, ["first", "second", "late"], "the calls");
    },
  ),

  rule(
    "cancel-listener-throws",
    "a listener that throws disturbs nobody",
    async ({ store: { log } }) => {
      const writer = await log.open("a", null);
      const calls: string[] = [];
      log.onCancel("a", () => {
        throw new Error("a listener's fault");
      });
      log.onCancel("a", () => calls.push("called"));
      equal(await log.requestCancel("a"), true, "requestCancel");
      await until(() => calls[0], "the other listener called");
      equal((await log.append(writer, [])).cancelRequested, true, "cancelRequested");
    },
  ),
];
