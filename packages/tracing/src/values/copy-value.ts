import { isSecretName, REDACTED } from "@wheelhouse/core";
import { isSecretField, redactText } from "./secret-patterns.js";

/** How much of a value a copy keeps. */
export interface CopyLimits {
  /** Characters of one text. */
  readonly text: number;
  /** Entries of one list or object. */
  readonly entries: number;
  readonly depth: number;
  /** Values in all. */
  readonly nodes: number;
}

/**
 * A value as plain JSON data within limits and without credentials. Whatever is left out leaves a mark in
 * its place. Never throws: cycles, functions, numbers that JSON has not, getters and proxies that throw become text.
 */
export function copyValue(value: unknown, limits: CopyLimits): unknown {
  const state: CopyState = { limits, above: new Set(), nodes: 0 };
  try {
    return copy(value, state);
  } catch {
    return "[unreadable]";
  }
}

/**
 * About how many characters of JSON a copy within limits comes to, without making it; looks no further than
 * `most`. What cannot be read counts as nothing.
 */
export function estimateCopy(value: unknown, limits: CopyLimits, most: number): number {
  try {
    return estimate(value, limits, most, limits.depth);
  } catch {
    return 0;
  }
}

function estimate(value: unknown, limits: CopyLimits, most: number, depth: number): number {
  if (typeof value === "string") return Math.min(value.length, limits.text) + 2;
  if (typeof value !== "object" || value === null || depth <= 0) return 6;
  let size = 2;
  if (Array.isArray(value)) {
    const { length } = value;
    const first = length <= limits.entries ? length : Math.ceil(limits.entries / 4);
    const rest = length <= limits.entries ? length : length - (limits.entries - first);
    for (
      let at = 0;
      at < length && size <= most;
      at = at + 1 === first ? Math.max(at + 1, rest) : at + 1
    )
      size += estimate(value[at], limits, most - size, depth - 1) + 1;
    return size;
  }
  let entries = 0;
  for (const key in value) {
    if (size > most || entries++ >= limits.entries) break;
    size += key.length + 4;
    size += estimate((value as Record<string, unknown>)[key], limits, most - size, depth - 1);
  }
  return size;
}

interface CopyState {
  readonly limits: CopyLimits;
  /** The objects that the one at hand is in. */
  readonly above: Set<object>;
  nodes: number;
}

function copy(value: unknown, state: CopyState): unknown {
  state.nodes++;
  switch (typeof value) {
    case "string":
      return redactText(cut(value, state.limits.text));
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "undefined":
      return null;
    case "bigint":
      return cut(
        safely(() => String(value)),
        state.limits.text,
      );
    case "symbol":
      return cut(String(value), state.limits.text);
    case "function":
      return "[function]";
    case "object":
      return value === null ? null : copyGuarded(value, state);
    default:
      return null;
  }
}

function copyGuarded(value: object, state: CopyState): unknown {
  if (state.above.has(value)) return "[cycle]";
  if (state.above.size >= state.limits.depth) return "[too deep]";
  state.above.add(value);
  try {
    return copyObject(value, state);
  } catch {
    return "[unreadable]";
  } finally {
    state.above.delete(value);
  }
}

function copyObject(value: object, state: CopyState): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `[${value.byteLength} bytes]`;
  if (value instanceof Set) return copyList([...take(value, state)], value.size, state);
  if (value instanceof Map) return copyEntries(take(value, state), value.size, state);
  if (value instanceof Headers) return copyEntries(value, undefined, state);
  if (Array.isArray(value)) return copyList(value, value.length, state);
  if (value instanceof Error) {
    const { name, message, cause } = value;
    return copyEntries(
      [
        ["name", name],
        ["message", message],
        ...(cause === undefined ? [] : [["cause", cause] as const]),
        ...Object.entries(value),
      ],
      undefined,
      state,
    );
  }
  const json = (value as { toJSON?: unknown }).toJSON;
  if (typeof json === "function") return copy(Reflect.apply(json, value, []), state);
  return copyEntries(ownEntries(value), undefined, state);
}

/** A list is kept from both ends: in a conversation the last messages say most. */
function copyList(list: readonly unknown[], length: number, state: CopyState): unknown[] {
  const { entries } = state.limits;
  // Node's raw headers and lists of pairs have each value behind its name.
  const at = (index: number): unknown => {
    const before = index > 0 ? list[index - 1] : undefined;
    return typeof before === "string" && isSecretName(before) ? REDACTED : copy(list[index], state);
  };
  const out: unknown[] = [];
  if (length <= entries && list.length === length) {
    for (let index = 0; index < length; index++) {
      if (state.nodes >= state.limits.nodes) return [...out, more(length - index)];
      out.push(at(index));
    }
    return out;
  }
  const first = Math.ceil(entries / 4);
  const last = Math.min(entries - first, list.length - first);
  for (let index = 0; index < Math.min(first, list.length); index++) {
    if (state.nodes >= state.limits.nodes) return [...out, more(length - index)];
    out.push(at(index));
  }
  out.push(more(length - first - Math.max(0, last)));
  for (let index = list.length - Math.max(0, last); index < list.length; index++) {
    if (state.nodes >= state.limits.nodes) return [...out, more(list.length - index)];
    out.push(at(index));
  }
  return out;
}

function copyEntries(
  entries: Iterable<readonly [unknown, unknown]>,
  size: number | undefined,
  state: CopyState,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  let count = 0;
  let hasSecretName = false;
  for (const [name, value] of entries) {
    const key = cut(String(name), 200);
    if (count >= state.limits.entries || state.nodes >= state.limits.nodes) {
      out["…"] = size === undefined ? "[more]" : more(size - count);
      break;
    }
    count++;
    if (key === "name" && typeof value === "string" && isSecretField(value)) hasSecretName = true;
    const isSecret = isSecretField(key) || (hasSecretName && key === "value");
    // Not by assignment: a field may be named __proto__.
    Object.defineProperty(out, redactText(key), {
      value: isSecret ? REDACTED : copy(value, state),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return out;
}

/** One at a time: an object with a million fields is not read for the sake of a hundred. */
function* ownEntries(value: object): Generator<[string, unknown]> {
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    yield [key, read(value, key)];
  }
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return "[unreadable]";
  }
}

function* take<Value>(values: Iterable<Value>, state: CopyState): Generator<Value> {
  let count = 0;
  for (const value of values) {
    if (count++ > state.limits.entries) return;
    yield value;
  }
}

const more = (count: number): string => `[… ${count} more]`;

function safely(text: () => string): string {
  try {
    return text();
  } catch {
    return "[unreadable]";
  }
}

/** The beginning of a text, with a mark that says how much is missing; no half of a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const code = text.charCodeAt(length - 1);
  const end = code >= 0xd800 && code <= 0xdbff ? length - 1 : length;
  return `${text.slice(0, Math.max(0, end))}[… ${text.length - Math.max(0, end)} more characters]`;
}
