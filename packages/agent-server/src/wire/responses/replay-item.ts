import type { OutputItem, UnsequencedEvent } from "@wheelhouse/core";

type Fields = Readonly<Record<string, unknown>>;
type Place = { readonly item_id: string; readonly output_index: number };

/**
 * The events that lead to one finished item: added, each text as one delta, done. The done event carries
 * the item as it is, so what has no events of its own here is not lost.
 */
export function replayItem(item: OutputItem, outputIndex: number): UnsequencedEvent[] {
  const { added, events } = beginning(item, { item_id: item.id, output_index: outputIndex });
  return [
    {
      type: "response.output_item.added",
      output_index: outputIndex,
      item: { ...added, status: "in_progress" } as OutputItem,
    },
    ...events,
    { type: "response.output_item.done", output_index: outputIndex, item },
  ];
}

interface Beginning {
  /** The item as it is added, but for its status. */
  readonly added: object;
  readonly events: UnsequencedEvent[];
}

function beginning(item: OutputItem, place: Place): Beginning {
  const { type, id } = item;
  const fields: Fields = item;
  switch (type) {
    case "message":
      return {
        added: { type, id, role: fields["role"], content: [] },
        events: objects(fields["content"]).flatMap((part, at) =>
          contentEvents(part, { ...place, content_index: at }),
        ),
      };
    case "reasoning":
      return {
        added: { type, id, summary: [] },
        events: [
          ...objects(fields["summary"]).flatMap((part, at) =>
            summaryEvents(part, { ...place, summary_index: at }),
          ),
          ...objects(fields["content"]).flatMap((part, at) =>
            contentEvents(part, { ...place, content_index: at }),
          ),
        ],
      };
    case "function_call":
      return {
        added: { ...item, arguments: "" },
        events: argumentEvents("function_call", fields, place),
      };
    case "mcp_call":
      return {
        added: { ...item, arguments: "", output: null, error: null },
        events: [
          { type: "response.mcp_call.in_progress", ...place },
          ...argumentEvents("mcp_call", fields, place),
          {
            type:
              fields["status"] === "completed"
                ? "response.mcp_call.completed"
                : "response.mcp_call.failed",
            ...place,
          },
        ],
      };
    default:
      return { added: item, events: [] };
  }
}

function argumentEvents(
  of: "function_call" | "mcp_call",
  fields: Fields,
  place: Place,
): UnsequencedEvent[] {
  const args = textOf(fields["arguments"]);
  if (of === "mcp_call")
    return [
      ...some(args, { type: "response.mcp_call_arguments.delta", ...place, delta: args }),
      { type: "response.mcp_call_arguments.done", ...place, arguments: args },
    ];
  const name = textOf(fields["name"]);
  return [
    ...some(args, { type: "response.function_call_arguments.delta", ...place, delta: args }),
    { type: "response.function_call_arguments.done", ...place, name, arguments: args },
  ];
}

function contentEvents(part: Fields, place: Place & { content_index: number }): UnsequencedEvent[] {
  const of = (events: UnsequencedEvent[], empty: Fields): UnsequencedEvent[] => [
    { type: "response.content_part.added", ...place, part: empty as { type: string } },
    ...events,
    { type: "response.content_part.done", ...place, part: part as { type: string } },
  ];
  switch (part["type"]) {
    case "output_text": {
      const text = textOf(part["text"]);
      const annotations = objects(part["annotations"]).map(
        (annotation, at) =>
          ({
            type: "response.output_text.annotation.added",
            ...place,
            annotation_index: at,
            annotation,
          }) as UnsequencedEvent,
      );
      return of(
        [
          ...some(text, {
            type: "response.output_text.delta",
            ...place,
            delta: text,
            logprobs: [],
          }),
          ...annotations,
          { type: "response.output_text.done", ...place, text, logprobs: [] },
        ],
        { type: "output_text", text: "", annotations: [], logprobs: [] },
      );
    }
    case "refusal": {
      const refusal = textOf(part["refusal"]);
      return of(
        [
          ...some(refusal, { type: "response.refusal.delta", ...place, delta: refusal }),
          { type: "response.refusal.done", ...place, refusal },
        ],
        { type: "refusal", refusal: "" },
      );
    }
    case "reasoning_text": {
      const text = textOf(part["text"]);
      return of(
        [
          ...some(text, { type: "response.reasoning_text.delta", ...place, delta: text }),
          { type: "response.reasoning_text.done", ...place, text },
        ],
        { type: "reasoning_text", text: "" },
      );
    }
    default:
      return of([], part);
  }
}

function summaryEvents(part: Fields, place: Place & { summary_index: number }): UnsequencedEvent[] {
  const text = textOf(part["text"]);
  const type = "summary_text";
  return [
    { type: "response.reasoning_summary_part.added", ...place, part: { type, text: "" } },
    ...some(text, { type: "response.reasoning_summary_text.delta", ...place, delta: text }),
    { type: "response.reasoning_summary_text.done", ...place, text },
    { type: "response.reasoning_summary_part.done", ...place, part: { type, text } },
  ];
}

/** A delta is never empty. */
const some = (text: string, event: UnsequencedEvent): UnsequencedEvent[] =>
  text === "" ? [] : [event];

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The objects of a list; nothing of what is none: an item of another server's may hold anything. */
const objects = (value: unknown): Fields[] =>
  Array.isArray(value)
    ? (value as unknown[]).filter(
        (entry): entry is Fields => typeof entry === "object" && entry !== null,
      )
    : [];
