import type { Annotation, OutputContent, UnsequencedEvent } from "@wheelhouse/core";
import { AppError } from "@wheelhouse/core";
import type { Assembler } from "../assembler.js";
import { argumentsText, reportedError, resultCallIds, stringOf } from "./author-values.js";
import { plainJson } from "./plain-json.js";

type RawEvent = { type: string; [key: string]: unknown };

/** Events of items that we pass as they are, by OpenAI's names: anything else openai-node would refuse. */
const PASSED =
  /^response\.(web_search_call|file_search_call|image_generation_call|code_interpreter_call|code_interpreter_call_code|mcp_call|mcp_call_arguments|mcp_list_tools|custom_tool_call_input)\.\w+$/;

/**
 * Takes a raw Responses event of the author's: the sparse ones that MLflow's agents yield, or a whole
 * stream of an upstream model, whose own life cycle, ids, indexes and sequence numbers are replaced.
 */
export function acceptRawEvent(assembler: Assembler, event: RawEvent): void {
  const { items, calls } = assembler;
  if (typeof event["item_id"] === "string") assembler.seenIds.add(event["item_id"]);
  if (event.type === "response.output_text.delta") {
    // Nearly all of a stream: before the long list of the others.
    calls.release();
    items.message(itemId(event)).addText(text(event, "delta"), partKey(event));
    return;
  }
  if (event.type.endsWith(".delta") && event.type !== "response.function_call_arguments.delta")
    calls.release();
  switch (event.type) {
    case "response.created":
      assembler.openLifecycles++;
      return;
    case "response.queued":
    case "response.in_progress":
      return;
    case "response.completed":
    case "response.incomplete":
    case "response.failed":
      endNested(assembler, event);
      return;
    case "error":
      throw reportedError(event["error"] ?? event);
    case "response.output_item.added":
      addItem(assembler, event);
      return;
    case "response.output_item.done":
      if (event["custom_outputs"] != null)
        assembler.extras.custom_outputs = plainJson(event["custom_outputs"]);
      assembler.acceptItem(plainJson(event["item"]));
      return;
    case "response.output_text.done":
      completePart(assembler, event, { type: "output_text", text: text(event, "text") });
      return;
    case "response.refusal.delta":
      items.message(itemId(event)).addRefusal(text(event, "delta"), partKey(event, "refusal"));
      return;
    case "response.refusal.done":
      completePart(assembler, event, { type: "refusal", refusal: text(event, "refusal") });
      return;
    case "response.output_text.annotation.added":
      items
        .message(itemId(event))
        .annotate(plainJson(event["annotation"]) as Annotation, partKey(event));
      return;
    case "response.function_call_arguments.delta":
      calls.addArguments(callId(assembler, event), text(event, "delta"), undefined);
      return;
    case "response.function_call_arguments.done":
      calls.complete(callId(assembler, event), argumentsText(event["arguments"]));
      return;
    case "response.reasoning_summary_text.delta":
      items.reasoning(itemId(event)).add("summary", text(event, "delta"), index(event, "summary"));
      return;
    case "response.reasoning_summary_text.done":
      items.reasoning(itemId(event)).complete("summary", event["text"], index(event, "summary"));
      return;
    case "response.reasoning_text.delta":
    case "response.reasoning.delta":
      items.reasoning(itemId(event)).add("content", text(event, "delta"), index(event, "content"));
      return;
    case "response.reasoning_text.done":
    case "response.reasoning.done":
      items.reasoning(itemId(event)).complete("content", event["text"], index(event, "content"));
      return;
    default:
      pass(assembler, event);
  }
}

/** The end of an upstream model's own response: its usage, and items that came no other way. */
function endNested(assembler: Assembler, event: RawEvent): void {
  assembler.openLifecycles = Math.max(0, assembler.openLifecycles - 1);
  if (typeof event["response"] !== "object" || event["response"] === null) {
    if (event.type === "response.failed") throw reportedError(undefined);
    return;
  }
  const response = plainJson(event["response"] as Record<string, unknown>);
  const output = Array.isArray(response["output"]) ? (response["output"] as unknown[]) : [];
  assembler.calls.expectResults(resultCallIds(output));
  for (const item of output) {
    const id = (item as { id?: unknown; call_id?: unknown } | null)?.id;
    if (typeof id === "string" && assembler.seenIds.has(id)) continue;
    const call = (item as { call_id?: unknown } | null)?.call_id;
    if (typeof call === "string" && assembler.calls.has(call)) continue;
    if (typeof id !== "string" && assembler.seenIds.size > 0) continue;
    assembler.acceptItem(item);
  }
  if (event.type === "response.failed") throw reportedError(response["error"]);
  // A later turn of a tool loop that ended well makes the answer whole again.
  if (event.type === "response.completed") assembler.incomplete = undefined;
  assembler.acceptResponseFields({ ...response, error: null, metadata: undefined });
}

function addItem(assembler: Assembler, event: RawEvent): void {
  const item = plainJson(event["item"]) as RawEvent | null;
  const id = typeof item?.["id"] === "string" && item["id"] !== "" ? item["id"] : undefined;
  if (id !== undefined) assembler.seenIds.add(id);
  switch (item?.type) {
    case undefined:
      throw new AppError("invalid_agent_output", {
        message: "response.output_item.added must have an item with a type.",
      });
    case "message":
      assembler.items.message(id);
      return;
    case "reasoning":
      assembler.items.endKeyless();
      assembler.items.reasoning(id);
      return;
    case "function_call": {
      assembler.items.endKeyless();
      const call = typeof item["call_id"] === "string" ? item["call_id"] : (id ?? "");
      if (id !== undefined) assembler.callIds.set(id, call);
      assembler.calls.begin(call, stringOf(item["name"]), id);
      if (typeof item["arguments"] === "string")
        assembler.calls.addArguments(call, item["arguments"], undefined);
      return;
    }
    case "function_call_output":
      // It comes whole with its done event.
      return;
    default:
      assembler.items.beginPassed(item!);
  }
}

function completePart(assembler: Assembler, event: RawEvent, part: OutputContent): void {
  assembler.items.message(itemId(event)).completePart(index(event, "content"), part);
}

function pass(assembler: Assembler, event: RawEvent): void {
  if (PASSED.test(event.type)) {
    const place = assembler.items.passedPlace(event["item_id"]);
    if (place === undefined) return;
    const { sequence_number: _sequence, ...rest } = plainJson(event);
    assembler.scope.emit({ ...rest, ...place } as unknown as UnsequencedEvent);
    return;
  }
  // content_part.* and reasoning_summary_part.* follow from the text events; the author's own events are
  // not OpenAI's and go out only to a client that asked for them.
  if (assembler.options.customEvents && !event.type.startsWith("response."))
    assembler.scope.emit({
      type: `wheelhouse:${event.type}`,
      data: plainJson(event),
    } as unknown as UnsequencedEvent);
}

const itemId = (event: RawEvent): string | undefined =>
  typeof event["item_id"] === "string" && event["item_id"] !== "" ? event["item_id"] : undefined;

const text = (event: RawEvent, key: string): string => {
  const value = event[key];
  if (typeof value === "string") return value;
  throw new AppError("invalid_agent_output", {
    message: `Invalid data for ResponsesAgentStreamEvent: ${event.type} needs a string ${key}.`,
  });
};

const index = (event: RawEvent, of: "content" | "summary"): number => {
  const value = event[`${of}_index`];
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : 0;
};

/** The author's content index; without one the part is the item's only one of its kind. */
const partKey = (event: RawEvent, none: "text" | "refusal" = "text"): number | string =>
  typeof event["content_index"] === "number" ? event["content_index"] : none;

/** Argument events name the item; the call it belongs to was told when the item was added. */
const callId = (assembler: Assembler, event: RawEvent): string => {
  const id = itemId(event) ?? "";
  return assembler.callIds.get(id) ?? id;
};
