import { z } from "zod";
import { Annotation, SummaryText } from "./content.js";
import { OutputItem } from "./output-items.js";
import { Response } from "./response.js";
import type { Without } from "../without.js";

const index = z.number().int().nonnegative();
const sequence = { sequence_number: index };
const inItem = { item_id: z.string(), output_index: index };
const inPart = { ...inItem, content_index: index };
const inSummary = { ...inItem, summary_index: index };

const lifecycle = <Type extends string>(type: Type) =>
  z.looseObject({ type: z.literal(type), response: Response, ...sequence });
const itemEvent = <Type extends string>(type: Type) =>
  z.looseObject({ type: z.literal(type), output_index: index, item: OutputItem, ...sequence });
const partEvent = <Type extends string>(type: Type) =>
  z.looseObject({
    type: z.literal(type),
    ...inPart,
    part: z.looseObject({ type: z.string() }),
    ...sequence,
  });
const progress = <Type extends string>(type: Type) =>
  z.looseObject({ type: z.literal(type), ...inItem, ...sequence });

/**
 * The events a Wheelhouse server sends on `/responses`: the 24 of Open Responses with OpenAI's names
 * for raw reasoning, and the `mcp_call` events of tools that the agent ran.
 */
export const ResponseStreamEvent = z.discriminatedUnion("type", [
  lifecycle("response.created"),
  lifecycle("response.queued"),
  lifecycle("response.in_progress"),
  lifecycle("response.completed"),
  lifecycle("response.incomplete"),
  lifecycle("response.failed"),
  itemEvent("response.output_item.added"),
  itemEvent("response.output_item.done"),
  partEvent("response.content_part.added"),
  partEvent("response.content_part.done"),
  z.looseObject({
    type: z.literal("response.output_text.delta"),
    ...inPart,
    delta: z.string(),
    logprobs: z.array(z.unknown()),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.output_text.done"),
    ...inPart,
    text: z.string(),
    logprobs: z.array(z.unknown()),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.output_text.annotation.added"),
    ...inPart,
    annotation_index: index,
    annotation: Annotation,
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.refusal.delta"),
    ...inPart,
    delta: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.refusal.done"),
    ...inPart,
    refusal: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.function_call_arguments.delta"),
    ...inItem,
    delta: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.function_call_arguments.done"),
    ...inItem,
    name: z.string().optional(),
    arguments: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.reasoning_summary_part.added"),
    ...inSummary,
    part: SummaryText,
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.reasoning_summary_part.done"),
    ...inSummary,
    part: SummaryText,
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.reasoning_summary_text.delta"),
    ...inSummary,
    delta: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.reasoning_summary_text.done"),
    ...inSummary,
    text: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.reasoning_text.delta"),
    ...inPart,
    delta: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.reasoning_text.done"),
    ...inPart,
    text: z.string(),
    ...sequence,
  }),
  progress("response.mcp_call.in_progress"),
  progress("response.mcp_call.completed"),
  progress("response.mcp_call.failed"),
  z.looseObject({
    type: z.literal("response.mcp_call_arguments.delta"),
    ...inItem,
    delta: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("response.mcp_call_arguments.done"),
    ...inItem,
    arguments: z.string(),
    ...sequence,
  }),
  z.looseObject({
    type: z.literal("error"),
    code: z.string().nullable(),
    message: z.string(),
    param: z.string().nullable(),
    error: z.looseObject({ type: z.string(), code: z.string(), message: z.string() }),
    ...sequence,
  }),
]);
export type ResponseStreamEvent = z.infer<typeof ResponseStreamEvent>;

/** An event before the log has given it its `sequence_number`. */
export type UnsequencedEvent = ResponseStreamEvent extends infer Event
  ? Event extends unknown
    ? Without<Event, "sequence_number">
    : never
  : never;
