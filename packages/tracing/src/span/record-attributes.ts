import type { SpanAttribute } from "@wheelhouse/core";
import { REDACTED } from "@wheelhouse/core";
import { boundedJson } from "../values/bounded-json.js";
import { cut } from "../values/copy-value.js";
import { isSecretField, redactText } from "../values/secret-patterns.js";

/** Entries of an attribute that is a list. */
const MAX_ENTRIES = 128;

/** Attributes as they may be kept: bounded, without credentials, of OpenTelemetry's types whatever was given. */
export function recordAttributes(
  attributes: Readonly<Record<string, SpanAttribute>>,
  bound: number,
): Record<string, SpanAttribute> {
  const out: Record<string, SpanAttribute> = {};
  addAttributes(out, attributes, bound);
  return out;
}

/** Adds attributes to others, over those of the same names. */
export function addAttributes(
  to: Record<string, SpanAttribute>,
  attributes: Readonly<Record<string, SpanAttribute>>,
  bound: number,
): void {
  for (const key in attributes) {
    const name = cut(key, 200);
    to[name] = isSecretField(name) ? REDACTED : recordAttribute(attributes[key], bound);
  }
}

function recordAttribute(value: unknown, bound: number): SpanAttribute {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "string") return redactText(cut(value, bound));
  if (Array.isArray(value) && value.length <= MAX_ENTRIES) {
    if (value.every((entry) => typeof entry === "number")) return [...value] as number[];
    if (value.every((entry) => typeof entry === "string")) {
      const each = Math.floor(bound / Math.max(1, value.length));
      return value.map((entry) => redactText(cut(entry, each)));
    }
  }
  // An author without types, or one who casts.
  return boundedJson(value, Math.max(1_000, bound));
}
