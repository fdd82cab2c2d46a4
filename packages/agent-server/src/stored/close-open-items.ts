import type {
  OutputContent,
  OutputItem,
  ReasoningText,
  SummaryText,
  UnsequencedEvent,
} from "@wheelhouse/core";
import type { OpenItem, OpenPart } from "./open-item.js";

/** What a call that the agent ran says of itself when its run was lost. */
const LOST = "The run was interrupted before the tool gave a result.";

/**
 * The events that end each open item legally after its run was lost: parts first, then the item, with
 * what was streamed of it and the status `incomplete`. Give the open items of a fold of the log.
 */
export function closeOpenItems(open: readonly OpenItem[]): UnsequencedEvent[] {
  return open.flatMap((item) => {
    const { events, fields } = endOf(item);
    const done = { ...item.item, ...fields, status: "incomplete" } as OutputItem;
    return [
      ...events,
      { type: "response.output_item.done", output_index: item.outputIndex, item: done },
    ];
  });
}

interface End {
  readonly events: UnsequencedEvent[];
  /** Of the item at its end. */
  readonly fields: Readonly<Record<string, unknown>>;
}

function endOf(open: OpenItem): End {
  const texts = inOrder(open.content);
  const summaries = inOrder(open.summary);
  const events = [...summaries, ...texts].flatMap((part) => endPart(open, part));
  const content = texts.map(contentOf);
  switch (open.item.type) {
    case "message":
      return { events, fields: { content } };
    case "reasoning": {
      const summary = summaries.map(contentOf);
      return { events, fields: { summary, ...(content.length > 0 ? { content } : {}) } };
    }
    case "function_call":
    case "mcp_call":
      return endCall(open, open.item.type);
    default:
      return { events: [], fields: {} };
  }
}

function endCall(open: OpenItem, type: "function_call" | "mcp_call"): End {
  const place = placeOf(open);
  const added: unknown = (open.item as { arguments?: unknown }).arguments;
  // Arguments that came whole with the item were never streamed: no delta adds up to them.
  const isWhole = open.arguments === "" && typeof added === "string" && added !== "";
  const args = isWhole ? added : open.arguments;
  const events: UnsequencedEvent[] = [];
  if (type === "function_call") {
    const name = String(open.item["name"]);
    if (!open.argumentsDone && !isWhole)
      events.push({
        type: "response.function_call_arguments.done",
        ...place,
        name,
        arguments: args,
      });
    return { events, fields: { arguments: args } };
  }
  if (!open.argumentsDone && !isWhole)
    events.push({ type: "response.mcp_call_arguments.done", ...place, arguments: args });
  if (!open.settled) events.push({ type: "response.mcp_call.failed", ...place });
  return { events, fields: { arguments: args, output: null, error: LOST } };
}

function endPart(open: OpenItem, part: OpenPart): UnsequencedEvent[] {
  if (part.closed) return [];
  const { text, type } = part;
  const place = placeOf(open);
  if (type === "summary_text") {
    const at = { ...place, summary_index: part.index };
    return [
      ...(part.textDone
        ? []
        : [{ type: "response.reasoning_summary_text.done" as const, ...at, text }]),
      { type: "response.reasoning_summary_part.done", ...at, part: { type, text } },
    ];
  }
  const at = { ...place, content_index: part.index };
  return [
    ...(part.textDone ? [] : [textDone(part, at)]),
    { type: "response.content_part.done", ...at, part: contentOf(part) },
  ];
}

function textDone(
  { type, text }: OpenPart,
  at: { item_id: string; output_index: number; content_index: number },
): UnsequencedEvent {
  switch (type) {
    case "refusal":
      return { type: "response.refusal.done", ...at, refusal: text };
    case "reasoning_text":
      return { type: "response.reasoning_text.done", ...at, text };
    default:
      return { type: "response.output_text.done", ...at, text, logprobs: [] };
  }
}

function contentOf({
  type,
  text,
  annotations,
}: OpenPart): OutputContent | ReasoningText | SummaryText {
  switch (type) {
    case "refusal":
      return { type, refusal: text };
    case "output_text":
      return { type, text, annotations: [...annotations], logprobs: [] };
    default:
      return { type, text };
  }
}

const placeOf = (open: OpenItem): { item_id: string; output_index: number } => ({
  item_id: open.item.id,
  output_index: open.outputIndex,
});

const inOrder = (parts: ReadonlyMap<number, OpenPart>): OpenPart[] =>
  [...parts.values()].toSorted((a, b) => a.index - b.index);
