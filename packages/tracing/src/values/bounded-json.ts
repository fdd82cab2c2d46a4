import { type CopyLimits, copyValue, estimateCopy } from "./copy-value.js";
import { isPlainValue } from "./is-plain-value.js";
import { isSuspicious } from "./secret-patterns.js";

/** Tried in turn, as parts of the whole bound, until the text fits. The last always does, for bounds from 1,000. */
const LEVELS: readonly ((bound: number) => CopyLimits)[] = [
  (bound) => ({ text: bound, entries: 1_000, depth: 16, nodes: 5_000 }),
  (bound) => ({ text: bound >> 3, entries: 100, depth: 12, nodes: 2_000 }),
  (bound) => ({ text: bound >> 5, entries: 24, depth: 8, nodes: 500 }),
  (bound) => ({ text: bound >> 7, entries: 8, depth: 5, nodes: 100 }),
  () => ({ text: 16, entries: 3, depth: 3, nodes: 8 }),
];

/**
 * Any value as JSON text of at most `bound` characters, without credentials (B228). What does not fit is
 * left out with a mark in its place; the text is always whole JSON. Never throws, whatever the value does.
 */
export function boundedJson(value: unknown, bound: number): string {
  const plain = plainJson(value, bound);
  if (plain !== undefined) return plain;
  for (const level of LEVELS) {
    const limits = level(bound);
    // Making a copy that will not fit costs more than all the rest.
    if (estimateCopy(value, limits, bound) > bound) continue;
    const text = JSON.stringify(copyValue(value, limits));
    if (text.length <= bound) return text;
  }
  return '"[too large]"';
}

/** The text of a value that can be written as it is: nearly all are. */
function plainJson(value: unknown, bound: number): string | undefined {
  try {
    if (!isPlainValue(value, bound)) return undefined;
    const text = JSON.stringify(value) ?? "null";
    return text.length <= bound && !isSuspicious(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
