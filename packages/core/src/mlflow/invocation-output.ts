import { z } from "zod";
import { OTHER_ITEM_TYPES } from "../responses/input-items.js";

const status = z.string().nullish();
const Annotation = z.looseObject({ type: z.string() });
const Content = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("output_text"),
    text: z.string(),
    annotations: z.array(Annotation).nullish(),
  }),
  z.looseObject({ type: z.literal("refusal"), refusal: z.string() }),
]);

/** MLflow's OutputItem (responses-api 6.1); ids may be left out where OpenAI's clients do not need them. */
const OutputItem = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("message"),
    role: z.literal("assistant"),
    content: z.array(Content),
    status,
  }),
  z.looseObject({
    type: z.literal("function_call"),
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
    status,
  }),
  z.looseObject({
    type: z.literal("function_call_output"),
    call_id: z.string(),
    output: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
    status,
  }),
  z.looseObject({
    type: z.literal("reasoning"),
    summary: z.array(z.looseObject({ text: z.string() })),
    status,
  }),
  z.looseObject({ type: z.enum(OTHER_ITEM_TYPES) }),
]);

/** What an invoke function of a ResponsesAgent gives, raw. It only checks: the answer is what was given. */
export const InvocationResponse = z.looseObject({ output: z.array(OutputItem) });

/** The five event types that MLflow checks; every other type passes unchanged (B38). */
export const InvocationEvents: Readonly<Record<string, z.ZodType>> = {
  "response.output_item.done": z.looseObject({ item: OutputItem }),
  "response.output_text.delta": z.looseObject({ delta: z.string(), item_id: z.string() }),
  "response.output_text.annotation.added": z.looseObject({
    annotation: Annotation,
    item_id: z.string(),
  }),
  error: z.looseObject({ message: z.string() }),
  "response.completed": z.looseObject({ response: z.looseObject({}) }),
};
