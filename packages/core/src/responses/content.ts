import { z } from "zod";

/** A citation inside an output text (Responses API, `annotations`), of OpenAI's four kinds. */
export const Annotation = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("url_citation"),
    url: z.string(),
    title: z.string(),
    start_index: z.number().int().nonnegative().optional(),
    end_index: z.number().int().nonnegative().optional(),
  }),
  z.looseObject({
    type: z.literal("file_citation"),
    file_id: z.string(),
    index: z.number().int().nonnegative(),
    filename: z.string().optional(),
  }),
  z.looseObject({
    type: z.literal("container_file_citation"),
    container_id: z.string(),
    file_id: z.string(),
  }),
  z.looseObject({
    type: z.literal("file_path"),
    file_id: z.string(),
    index: z.number().int().nonnegative(),
  }),
]);
export type Annotation = z.infer<typeof Annotation>;

/** Text that an agent wrote. */
export const OutputText = z.looseObject({
  type: z.literal("output_text"),
  text: z.string(),
  annotations: z.array(Annotation).nullish(),
  logprobs: z.array(z.unknown()).nullish(),
});
export type OutputText = z.infer<typeof OutputText>;

/** A refusal to answer. */
export const Refusal = z.looseObject({ type: z.literal("refusal"), refusal: z.string() });
export type Refusal = z.infer<typeof Refusal>;

/** What an assistant message consists of. */
export const OutputContent = z.discriminatedUnion("type", [OutputText, Refusal]);
export type OutputContent = z.infer<typeof OutputContent>;

/** Text that a person or a system wrote. */
export const InputText = z.looseObject({ type: z.literal("input_text"), text: z.string() });
export type InputText = z.infer<typeof InputText>;

/** An image by URL, data URL or file id. */
export const InputImage = z.looseObject({
  type: z.literal("input_image"),
  image_url: z.string().nullish(),
  file_id: z.string().nullish(),
  detail: z.string().nullish(),
});
export type InputImage = z.infer<typeof InputImage>;

/** A file by URL, data or file id. */
export const InputFile = z.looseObject({
  type: z.literal("input_file"),
  file_id: z.string().nullish(),
  file_url: z.string().nullish(),
  file_data: z.string().nullish(),
  filename: z.string().nullish(),
});
export type InputFile = z.infer<typeof InputFile>;

/** Sound or video: passed through to the agent. */
export const InputMedia = z.looseObject({ type: z.enum(["input_audio", "input_video"]) });
export type InputMedia = z.infer<typeof InputMedia>;

/** What a message in a request consists of; assistant history brings output parts. */
export const InputContent = z.discriminatedUnion("type", [
  InputText,
  InputImage,
  InputFile,
  InputMedia,
  OutputText,
  Refusal,
]);
export type InputContent = z.infer<typeof InputContent>;

/** One paragraph of a reasoning summary. */
export const SummaryText = z.looseObject({ type: z.literal("summary_text"), text: z.string() });
export type SummaryText = z.infer<typeof SummaryText>;

/** Raw reasoning text. */
export const ReasoningText = z.looseObject({ type: z.literal("reasoning_text"), text: z.string() });
export type ReasoningText = z.infer<typeof ReasoningText>;
