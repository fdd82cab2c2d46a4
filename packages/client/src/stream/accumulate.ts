import type { AgentOutputItem, AgentResponse } from "../types/response.js";
import type { StreamEvent } from "../types/stream-event.js";

type Status = AgentResponse["status"];
type Fields = Readonly<Record<string, unknown>>;

/** What the events so far add up to. */
export interface Accumulated {
  readonly responseId: string | undefined;
  readonly status: Status | undefined;
  /** The output as far as it is: open items hold what their deltas brought. */
  readonly output: readonly AgentOutputItem[];
}

const EMPTY: Accumulated = { responseId: undefined, status: undefined, output: [] };

/**
 * Adds an event; pure, so it fits a store's reducer. An event with a response object replaces everything
 * by what that has: a second `response.in_progress`, after a crash of the server, makes void what its
 * snapshot does not hold. Events it does not know change nothing.
 */
export function accumulate(before: Accumulated | undefined, event: StreamEvent): Accumulated {
  const state = before ?? EMPTY;
  switch (event.type) {
    case "response.created":
    case "response.queued":
    case "response.in_progress":
    case "response.completed":
    case "response.incomplete":
    case "response.failed": {
      const { id, status, output } = event.response;
      return { responseId: id, status, output };
    }
    case "response.output_item.added":
    case "response.output_item.done":
      return withItem(state, event.item);
    case "response.content_part.added":
    case "response.content_part.done":
      return inItem(state, event.item_id, (item) =>
        inList(item, "content", event.content_index, () => event.part),
      );
    case "response.output_text.delta":
      return inItem(state, event.item_id, (item) =>
        inList(item, "content", event.content_index, (part) =>
          append({ type: "output_text", annotations: [], ...part }, "text", event.delta),
        ),
      );
    case "response.output_text.annotation.added":
      return inItem(state, event.item_id, (item) =>
        inList(item, "content", event.content_index, (part) => ({
          ...part,
          annotations: [...listOf(part?.["annotations"]), event.annotation],
        })),
      );
    case "response.refusal.delta":
      return inItem(state, event.item_id, (item) =>
        inList(item, "content", event.content_index, (part) =>
          append({ type: "refusal", ...part }, "refusal", event.delta),
        ),
      );
    case "response.reasoning_text.delta":
      return inItem(state, event.item_id, (item) =>
        inList(item, "content", event.content_index, (part) =>
          append({ type: "reasoning_text", ...part }, "text", event.delta),
        ),
      );
    case "response.reasoning_summary_text.delta":
      return inItem(state, event.item_id, (item) =>
        inList(item, "summary", event.summary_index, (part) =>
          append({ type: "summary_text", ...part }, "text", event.delta),
        ),
      );
    case "response.function_call_arguments.delta":
    case "response.mcp_call_arguments.delta":
      return inItem(state, event.item_id, (item) => append(item, "arguments", event.delta));
    default:
      // The `done` events repeat what their deltas and their item's `done` say.
      return state;
  }
}

function withItem(state: Accumulated, item: AgentOutputItem): Accumulated {
  const at = state.output.findIndex(({ id }) => id === item.id);
  return { ...state, output: at === -1 ? [...state.output, item] : state.output.with(at, item) };
}

function inItem(state: Accumulated, id: string, change: (item: Fields) => Fields): Accumulated {
  const at = state.output.findIndex((item) => item.id === id);
  if (at === -1) return state;
  const item = change(state.output[at]!) as AgentOutputItem;
  return { ...state, output: state.output.with(at, item) };
}

function inList(
  item: Fields,
  field: "content" | "summary",
  index: number,
  change: (part: Fields | undefined) => Fields,
): Fields {
  const parts = [...listOf(item[field])] as Fields[];
  // Parts are append-only: an index beyond the next one is no part's, and would make a list with holes.
  if (!Number.isInteger(index) || index < 0 || index > parts.length) return item;
  parts[index] = change(parts[index]);
  return { ...item, [field]: parts };
}

function append(fields: Fields, field: string, delta: string): Fields {
  const before = fields[field];
  return { ...fields, [field]: (typeof before === "string" ? before : "") + delta };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
