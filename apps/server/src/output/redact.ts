import { isSecretName, REDACTED, redactSecrets } from "@wheelhouse/core";

const DEEPEST = 8;
const LONGEST_TEXT = 16_384;
const LONGEST_LIST = 100;

/** A text without the values of credentials (B228), and at most 16 KiB long. */
export function redactText(text: string): string {
  const bounded =
    text.length > LONGEST_TEXT
      ? `${text.slice(0, LONGEST_TEXT)}… (${text.length - LONGEST_TEXT} more characters)`
      : text;
  return redactSecrets(bounded);
}

/**
 * A value as plain JSON without credentials: authorization, cookie, x-api-key and x-forwarded-access-token,
 * in whatever case and depth (B228). Never throws; cycles, functions and getters that throw become text.
 * At most 8 levels deep and 100 entries a level.
 */
export function redact(value: unknown): unknown {
  return plain(value, new Set(), 0);
}

function plain(value: unknown, above: Set<object>, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;
  if (above.has(value)) return "[cycle]";
  if (depth >= DEEPEST) return "[too deep]";
  above.add(value);
  try {
    return plainObject(value, above, depth);
  } catch {
    return "[unreadable]";
  } finally {
    above.delete(value);
  }
}

function plainObject(value: object, above: Set<object>, depth: number): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) {
    // Node's raw headers and lists of pairs have each value behind its name.
    return value
      .slice(0, LONGEST_LIST)
      .map((entry, at, list) =>
        isSecret(list[at - 1]) ? REDACTED : plain(entry, above, depth + 1),
      );
  }
  const entries: [string, unknown][] =
    value instanceof Map
      ? [...value].map(([key, entry]) => [String(key), entry])
      : value instanceof Headers
        ? [...value]
        : Object.entries(value);
  const out: Record<string, unknown> = {};
  if (value instanceof Error) {
    out["name"] = value.name;
    out["message"] = redactText(value.message);
    if (value.stack !== undefined) out["stack"] = redactText(value.stack);
    if (value.cause !== undefined) out["cause"] = plain(value.cause, above, depth + 1);
  }
  for (const [key, entry] of entries.slice(0, LONGEST_LIST)) {
    const secret = isSecret(key) || (key === "value" && "name" in value && isSecret(value.name));
    out[key] = secret ? REDACTED : plain(entry, above, depth + 1);
  }
  return out;
}

function isSecret(name: unknown): boolean {
  return typeof name === "string" && isSecretName(name);
}
