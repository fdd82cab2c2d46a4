import { isSecretField } from "./secret-patterns.js";

/** Levels that plain data has at most. */
const DEEPEST = 32;

/**
 * Whether `JSON.stringify` may be trusted with a value: plain data, without secret fields, that comes to no
 * more than about `budget` characters. Cheap: most values are, and the ones that are not are copied piece
 * by piece ({@link copyValue}).
 */
export function isPlainValue(value: unknown, budget: number): boolean {
  return cost(value, budget, 0) >= 0;
}

/** What is left of the budget; negative when it is used up or the value is not plain. */
function cost(value: unknown, budget: number, depth: number): number {
  switch (typeof value) {
    case "string":
      return budget - value.length - 3;
    case "number":
    case "boolean":
      return budget - 5;
    case "undefined":
      return budget;
    case "object":
      break;
    default:
      return -1;
  }
  if (value === null) return budget - 5;
  if (depth >= DEEPEST) return -1;
  let left = budget - 2;
  if (Array.isArray(value)) {
    // A list longer than the budget has no need to be walked.
    if (value.length > left) return -1;
    for (let at = 0; at < value.length && left >= 0; at++) left = cost(value[at], left, depth + 1);
    return left;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return -1;
  for (const key in value) {
    if (left < 0 || isSecretField(key) || key === "toJSON") return -1;
    left = cost((value as Record<string, unknown>)[key], left - key.length - 4, depth + 1);
  }
  return left;
}
