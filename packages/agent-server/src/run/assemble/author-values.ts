import { AppError } from "@wheelhouse/core";
import { jsonText } from "./plain-json.js";

/** Which call an item belongs to. */
export function callIdOf(item: Readonly<Record<string, unknown>>): string {
  const callId = item["call_id"] ?? item["id"];
  if (typeof callId === "string" && callId !== "") return callId;
  throw new AppError("invalid_agent_output", {
    message: `A ${String(item["type"])} item must have a call_id.`,
  });
}

/** Arguments are JSON text on the wire; an author who gives an object means it as that. */
export function argumentsText(value: unknown): string {
  return typeof value === "string" ? value : jsonText(value ?? {});
}

/** A tool's output as text. */
export function outputText(value: unknown): string {
  return typeof value === "string" ? value : jsonText(value ?? "");
}

/** A string, or "" for what is none. */
export function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Metadata holds strings only (Responses API). */
export function stringValues(pairs: object): Record<string, string> {
  const isStringPair = (pair: [string, unknown]): pair is [string, string] =>
    typeof pair[1] === "string";
  const kept = Object.entries(pairs).filter(isStringPair);
  return Object.fromEntries(kept);
}

/** A failure that the author reported in a response or event of its own. */
export function reportedError(error: unknown): AppError {
  const message = (error as { message?: unknown } | null)?.message;
  return new AppError("agent_error", {
    message: typeof message === "string" && message !== "" ? message : undefined,
  });
}

/** The calls that a whole list gives results for: parts or items. */
export function resultCallIds(entries: readonly unknown[]): string[] {
  return (entries as (Record<string, unknown> | null)[]).flatMap((entry) => {
    if (entry?.["$part"] === "result") return [String(entry["callId"])];
    return entry?.["type"] === "function_call_output" ? [String(entry["call_id"])] : [];
  });
}
