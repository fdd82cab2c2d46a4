import { z } from "zod";
import { listOf } from "../list-of.js";
import { SummaryText } from "../responses/content.js";
import { ChatContext, Tool, ToolChoice } from "../responses/create-request.js";
import { OTHER_ITEM_TYPES } from "../responses/input-items.js";

/** MLflow's Message (mlflow-today 1.4): `type` may be left out. */
const Message = z.looseObject({
  type: z.literal("message").optional(),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.union([
    z.string(),
    listOf(
      z.discriminatedUnion("type", [
        z.looseObject({ type: z.literal("input_text"), text: z.string() }),
        z.looseObject({ type: z.enum(["input_image", "input_file"]) }),
        z.looseObject({ type: z.literal("output_text"), text: z.string() }),
        z.looseObject({ type: z.literal("refusal"), refusal: z.string() }),
      ]),
    ),
  ]),
  status: z.enum(["in_progress", "completed", "incomplete"]).nullish(),
});

const FunctionCall = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
});
const FunctionCallOutput = z.looseObject({
  type: z.literal("function_call_output"),
  call_id: z.string(),
  output: z.union([z.string(), listOf(z.looseObject({ type: z.string() }))]),
});
const Reasoning = z.looseObject({ type: z.literal("reasoning"), summary: listOf(SummaryText) });
const Other = z.looseObject({ type: z.enum(OTHER_ITEM_TYPES) });

const Typed = z.discriminatedUnion("type", [
  Message.extend({ type: z.literal("message") }),
  FunctionCall,
  FunctionCallOutput,
  Reasoning,
  Other,
]);

const Untyped = Message.omit({ type: true });

/** Pairs of strings without a limit; up to the first wrong pair, as {@link listOf}. */
const Metadata = z.record(z.string(), z.unknown()).superRefine((pairs, context) => {
  const wrong = Object.keys(pairs).find((key) => typeof pairs[key] !== "string");
  if (wrong === undefined) return;
  context.addIssue({
    code: "invalid_type",
    expected: "string",
    path: [wrong],
    input: pairs[wrong],
  });
});

/** One input item of MLflow's ResponsesAgentRequest; without a type it is a message. */
const Item = z.unknown().superRefine((item, context) => {
  const untyped =
    typeof item === "object" && item !== null && (item as { type?: unknown }).type == null;
  const parsed = (untyped ? Untyped : Typed).safeParse(item);
  for (const issue of parsed.error?.issues ?? []) context.addIssue({ ...issue });
});

/**
 * The body of `/invocations` for a ResponsesAgent (mlflow-today 1.4, responses-api 6.1). It only checks:
 * the handler sees what was sent, unknown fields included (B17, B19).
 */
export const InvocationRequest = z.looseObject({
  input: listOf(Item),
  custom_inputs: z.record(z.string(), z.unknown()).nullish(),
  context: ChatContext.nullish(),
  metadata: Metadata.nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  max_output_tokens: z.number().int().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  store: z.boolean().nullish(),
  tools: listOf(Tool).nullish(),
  tool_choice: ToolChoice.nullish(),
  reasoning: z.looseObject({}).nullish(),
  truncation: z.string().nullish(),
  user: z.string().nullish(),
});
