import { z } from "zod";
import { OutputContent, ReasoningText, SummaryText } from "./content.js";

/** How far an output item has come. */
export const ItemStatus = z.enum(["in_progress", "completed", "incomplete"]);
export type ItemStatus = z.infer<typeof ItemStatus>;

/** What the agent says. */
export const OutputMessage = z.looseObject({
  type: z.literal("message"),
  id: z.string(),
  role: z.literal("assistant"),
  status: ItemStatus,
  content: z.array(OutputContent),
});
export type OutputMessage = z.infer<typeof OutputMessage>;

/** A function the client is asked to run. */
export const FunctionCall = z.looseObject({
  type: z.literal("function_call"),
  id: z.string(),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
  status: ItemStatus,
});
export type FunctionCall = z.infer<typeof FunctionCall>;

/** What a function gave that the agent ran itself. */
export const FunctionCallOutput = z.looseObject({
  type: z.literal("function_call_output"),
  id: z.string(),
  call_id: z.string(),
  output: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
  status: ItemStatus,
});
export type FunctionCallOutput = z.infer<typeof FunctionCallOutput>;

/** How the agent came to its answer. */
export const ReasoningItem = z.looseObject({
  type: z.literal("reasoning"),
  id: z.string(),
  summary: z.array(SummaryText),
  content: z.array(ReasoningText).optional(),
  encrypted_content: z.string().nullish(),
  status: ItemStatus.optional(),
});
export type ReasoningItem = z.infer<typeof ReasoningItem>;

/** A tool call that the server ran: call and result in one item. */
export const McpCall = z.looseObject({
  type: z.literal("mcp_call"),
  id: z.string(),
  server_label: z.string(),
  name: z.string(),
  arguments: z.string(),
  output: z.string().nullish(),
  error: z.string().nullish(),
  status: z.string().optional(),
});
export type McpCall = z.infer<typeof McpCall>;

const KnownOutputItem = z.discriminatedUnion("type", [
  OutputMessage,
  FunctionCall,
  FunctionCallOutput,
  ReasoningItem,
  McpCall,
]);

const KNOWN_TYPES: ReadonlySet<string> = new Set(
  KnownOutputItem.options.map((option) => option.shape.type.value),
);

/** An output item of another of OpenAI's types, or of a `slug:` type. */
export const OtherOutputItem = z
  .looseObject({ type: z.string(), id: z.string() })
  // Else a broken message would pass as an item of an unknown kind.
  .refine((item) => !KNOWN_TYPES.has(item.type), {
    error: "Invalid input: the type has a schema of its own",
    abort: true,
  });
export type OtherOutputItem = z.infer<typeof OtherOutputItem>;

/** One thing a response's `output` holds. */
export type OutputItem =
  | OutputMessage
  | FunctionCall
  | FunctionCallOutput
  | ReasoningItem
  | McpCall
  | OtherOutputItem;
export const OutputItem: z.ZodType<OutputItem> = z.union([OtherOutputItem, KnownOutputItem]);
