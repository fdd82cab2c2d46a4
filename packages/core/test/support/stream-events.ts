import type { ResponseStreamEvent } from "../../src/index.js";
import { OUTPUT_ITEMS, RESPONSE } from "./responses.js";

const inItem = { item_id: "msg_1", output_index: 0 };
const inPart = { ...inItem, content_index: 0 };
const inSummary = { ...inItem, summary_index: 0 };
const inResponse = { response: RESPONSE };
const withItem = { output_index: 0, item: OUTPUT_ITEMS.message };
const withPart = { ...inPart, part: { type: "output_text" } };
const withSummary = { ...inSummary, part: { type: "summary_text", text: "hm" } };

/** What each event of the stream must carry, beside its type and sequence number. */
const FIELDS: Record<ResponseStreamEvent["type"], object> = {
  "response.created": inResponse,
  "response.queued": inResponse,
  "response.in_progress": inResponse,
  "response.completed": inResponse,
  "response.incomplete": inResponse,
  "response.failed": inResponse,
  "response.output_item.added": withItem,
  "response.output_item.done": withItem,
  "response.content_part.added": withPart,
  "response.content_part.done": withPart,
  "response.output_text.delta": { ...inPart, delta: "hi", logprobs: [] },
  "response.output_text.done": { ...inPart, text: "hi", logprobs: [] },
  "response.output_text.annotation.added": {
    ...inPart,
    annotation_index: 0,
    annotation: { type: "url_citation", url: "https://example.com", title: "Example" },
  },
  "response.refusal.delta": { ...inPart, delta: "no" },
  "response.refusal.done": { ...inPart, refusal: "no" },
  "response.function_call_arguments.delta": { ...inItem, delta: "{" },
  "response.function_call_arguments.done": { ...inItem, arguments: "{}" },
  "response.reasoning_summary_part.added": withSummary,
  "response.reasoning_summary_part.done": withSummary,
  "response.reasoning_summary_text.delta": { ...inSummary, delta: "h" },
  "response.reasoning_summary_text.done": { ...inSummary, text: "hm" },
  "response.reasoning_text.delta": { ...inPart, delta: "h" },
  "response.reasoning_text.done": { ...inPart, text: "hm" },
  "response.mcp_call.in_progress": inItem,
  "response.mcp_call.completed": inItem,
  "response.mcp_call.failed": inItem,
  "response.mcp_call_arguments.delta": { ...inItem, delta: "{" },
  "response.mcp_call_arguments.done": { ...inItem, arguments: "{}" },
  error: {
    code: null,
    message: "boom",
    param: null,
    error: { type: "server_error", code: "task_failed", message: "boom" },
  },
};

/** One event of each type, with nothing that could be left out. */
export const STREAM_EVENTS: Record<string, unknown>[] = Object.entries(FIELDS).map(
  ([type, fields]) => ({ type, ...fields, sequence_number: 0 }),
);
