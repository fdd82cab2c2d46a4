import type { Part } from "@wheelhouse/core";
import { AppError } from "@wheelhouse/core";
import { kindOf } from "./kind-of.js";

/** The fields of each part that must be strings; `ev.*` sees to that, a part made by hand may not. */
const STRINGS: Readonly<Record<Part["$part"], readonly string[]>> = {
  text: ["text"],
  reasoning: ["text"],
  refusal: ["text"],
  call: ["callId", "name", "arguments"],
  callArgs: ["callId", "delta"],
  result: ["callId", "output"],
  cite: [],
  item: [],
  usage: [],
  incomplete: ["reason"],
  custom: ["name"],
};

/** Throws `invalid_agent_output` for a part of an unknown kind or with a field that is not a string. */
export function checkPart(part: Part): void {
  if (!Object.hasOwn(STRINGS, part.$part))
    throw new AppError("invalid_agent_output", {
      message: `Invalid data for ResponsesAgentStreamEvent: $part is unknown. Make parts with ev.`,
    });
  if (part.$part === "cite") checkObject(part, "annotation");
  if (part.$part === "item") checkObject(part, "item");
  for (const field of STRINGS[part.$part]) {
    const value = (part as unknown as Record<string, unknown>)[field];
    if (typeof value !== "string")
      throw new AppError("invalid_agent_output", {
        message: `Invalid data for ResponsesAgentStreamEvent: ${field} of a ${part.$part} part must be a string, got ${kindOf(value)}.`,
      });
  }
}

function checkObject(part: Part, field: string): void {
  const value = (part as unknown as Record<string, unknown>)[field];
  if (typeof value === "object" && value !== null && "type" in value) return;
  throw new AppError("invalid_agent_output", {
    message: `Invalid data for ResponsesAgentStreamEvent: ${field} of a ${part.$part} part must be an object with a type, got ${kindOf(value)}.`,
  });
}
