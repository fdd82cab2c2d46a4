import { expect, test } from "vitest";
import {
  isLogClosedError,
  isLogFencedError,
  isQueueFullError,
  isStoreClosedError,
  isStoreUnavailableError,
  isVersionConflictError,
  LogClosedError,
  LogFencedError,
  QueueFullError,
  StoreClosedError,
  StoreUnavailableError,
  VersionConflictError,
} from "../src/index.js";

const errors = [
  [new LogFencedError("a", 1), isLogFencedError, "log_fenced"],
  [new LogClosedError("a"), isLogClosedError, "log_closed"],
  [new VersionConflictError("a", 1, 2), isVersionConflictError, "version_conflict"],
  [new QueueFullError("a"), isQueueFullError, "queue_full"],
  [new StoreClosedError(), isStoreClosedError, "store_closed"],
  [new StoreUnavailableError("full", "No room."), isStoreUnavailableError, "store_unavailable"],
] as const;

test.for(errors)("%s is recognised as itself alone", ([error, isIt, code]) => {
  expect(isIt(error)).toBe(true);
  expect(error).toMatchObject({ code, name: error.constructor.name });
  for (const [other] of errors) expect(isIt(other)).toBe(other === error);
  for (const value of [null, undefined, "log_fenced", new Error(code), { code }]) {
    expect(isIt(value)).toBe(false);
  }
});

test("an error of another copy of the package is recognised", () => {
  const copy = Object.assign(new Error("from the other copy"), { code: "log_fenced" });
  Object.defineProperty(copy, Symbol.for("wheelhouse.StoreError"), { value: true });
  expect(isLogFencedError(copy)).toBe(true);
  expect(isLogClosedError(copy)).toBe(false);
});
