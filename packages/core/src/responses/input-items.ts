import { z } from "zod";
import { listOf } from "../list-of.js";
import { InputContent, ReasoningText, SummaryText } from "./content.js";

/** Ids and statuses of round-tripped items may be absent or null: clients send both. */
const itemId = z.string().nullish();
const itemStatus = z.enum(["in_progress", "completed", "incomplete"]).nullish();

/** A message; `type` may be left out (EasyInputMessage). */
export const InputMessage = z.looseObject({
  type: z.literal("message").default("message"),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.union([z.string(), listOf(InputContent)]),
  id: itemId,
  status: itemStatus,
});
export type InputMessage = z.infer<typeof InputMessage>;

/** A call that the model made in an earlier turn. */
export const InputFunctionCall = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
  id: itemId,
  status: itemStatus,
});
export type InputFunctionCall = z.infer<typeof InputFunctionCall>;

/** What the client's function gave back. */
export const InputFunctionCallOutput = z.looseObject({
  type: z.literal("function_call_output"),
  call_id: z.string().min(1),
  output: z.union([z.string(), listOf(InputContent)]),
  id: itemId,
  status: itemStatus,
});
export type InputFunctionCallOutput = z.infer<typeof InputFunctionCallOutput>;

/** Reasoning of an earlier turn. */
export const InputReasoning = z.looseObject({
  type: z.literal("reasoning"),
  summary: listOf(SummaryText),
  content: listOf(ReasoningText).nullish(),
  encrypted_content: z.string().nullish(),
  id: itemId,
  status: itemStatus,
});
export type InputReasoning = z.infer<typeof InputReasoning>;

/** A stored item by its id; `type` may be left out. */
export const ItemReference = z.looseObject({
  type: z.literal("item_reference").default("item_reference"),
  id: z.string().min(1),
});
export type ItemReference = z.infer<typeof ItemReference>;

/** Item types of OpenAI's union that pass to the agent without a closer look. */
export const OTHER_ITEM_TYPES = [
  "additional_tools",
  "apply_patch_call",
  "apply_patch_call_output",
  "code_interpreter_call",
  "compaction",
  "compaction_trigger",
  "computer_call",
  "computer_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "file_search_call",
  "image_generation_call",
  "local_shell_call",
  "local_shell_call_output",
  "mcp_approval_request",
  "mcp_approval_response",
  "mcp_call",
  "mcp_list_tools",
  "program",
  "program_output",
  "shell_call",
  "shell_call_output",
  "tool_search_call",
  "tool_search_output",
  "web_search_call",
] as const;

/** An item of another OpenAI type, or of a provider's own `slug:` type (Open Responses, extensions). */
export interface OtherItem {
  type: string;
  id?: string | null | undefined;
  [key: string]: unknown;
}

/** Whether an item of this type passes as it is: another of OpenAI's types, or a `slug:` type. */
export function isOtherItemType(type: string): boolean {
  return (OTHER_ITEM_TYPES as readonly string[]).includes(type) || /^[\w-]+:./.test(type);
}

/** One thing a request's `input` holds. */
export type InputItem =
  | InputMessage
  | InputFunctionCall
  | InputFunctionCallOutput
  | InputReasoning
  | ItemReference
  | OtherItem;

/** Keyed by `type`, so that a wrong item is explained by the schema it names and not by all of them. */
const BY_TYPE: ReadonlyMap<string, z.ZodType<InputItem>> = new Map<string, z.ZodType<InputItem>>([
  ["message", InputMessage],
  ["function_call", InputFunctionCall],
  ["function_call_output", InputFunctionCallOutput],
  ["reasoning", InputReasoning],
  ["item_reference", ItemReference],
]);

/** Parses one input item by its `type`; without one, `role` makes a message and a lone `id` a reference. */
export const InputItem: z.ZodType<InputItem> = z
  .looseObject({})
  .transform((item, context): InputItem => {
    const type = item["type"] ?? ("role" in item || !("id" in item) ? "message" : "item_reference");
    if (typeof type !== "string") {
      context.addIssue({ code: "invalid_type", expected: "string", path: ["type"], input: type });
      return z.NEVER;
    }
    const schema = BY_TYPE.get(type);
    if (schema === undefined) {
      if (isOtherItemType(type)) return item as OtherItem;
      context.addIssue({
        code: "invalid_value",
        values: [...BY_TYPE.keys(), ...OTHER_ITEM_TYPES],
        path: ["type"],
        input: type,
      });
      return z.NEVER;
    }
    const parsed = schema.safeParse(item["type"] == null ? { ...item, type } : item);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.addIssue({ ...issue });
    return z.NEVER;
  });
