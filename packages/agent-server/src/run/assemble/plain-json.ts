import { AppError } from "@wheelhouse/core";

/**
 * A copy of what an author gave, as JSON would have it: later changes by the author cannot reach it,
 * and a value that JSON cannot hold (a cycle, a BigInt) is an error of the run here and now (B70).
 */
export function plainJson<Value>(value: Value): Value {
  return JSON.parse(jsonText(value)) as Value;
}

/** A value as JSON text; throws `task_failed` with the cause for one that JSON cannot hold. */
export function jsonText(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new AppError("task_failed", { cause });
  }
  if (text === undefined)
    throw new AppError("task_failed", { cause: new TypeError(`${typeof value} has no JSON form`) });
  return text;
}
