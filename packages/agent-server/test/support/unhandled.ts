import { afterEach, beforeEach, expect } from "vitest";

/**
 * Fails each test of the file that leaves a rejection or an exception to nobody: in a server of one's own
 * it ends the process.
 */
export function noUnhandled(): void {
  let seen: unknown[] = [];
  const note = (error: unknown): void => void seen.push(error);
  beforeEach(() => {
    seen = [];
    process.on("unhandledRejection", note).on("uncaughtException", note);
  });
  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note).off("uncaughtException", note);
    expect(seen).toEqual([]);
  });
}
