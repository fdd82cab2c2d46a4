import type { InputItem } from "@wheelhouse/core";

/** An input item as it is stored and listed. */
export type StoredInputItem = InputItem & { id: string };

/** OpenAI's prefixes of item ids; another type's is the type itself. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ["message", "msg"],
  ["function_call", "fc"],
  ["function_call_output", "fco"],
  ["reasoning", "rs"],
  ["custom_tool_call", "ctc"],
  ["custom_tool_call_output", "ctco"],
  ["computer_call", "cu"],
  ["computer_call_output", "cuo"],
  ["local_shell_call", "lsh"],
  ["local_shell_call_output", "lsho"],
  ["shell_call", "sh"],
  ["shell_call_output", "sho"],
  ["apply_patch_call", "apc"],
  ["apply_patch_call_output", "apco"],
  ["web_search_call", "ws"],
  ["file_search_call", "fs"],
  ["image_generation_call", "ig"],
  ["code_interpreter_call", "ci"],
  ["tool_search_call", "tsc"],
  ["tool_search_output", "tso"],
  ["mcp_call", "mcp"],
  ["mcp_list_tools", "mcpl"],
  ["mcp_approval_request", "mcpr"],
  ["mcp_approval_response", "mcpa"],
  ["compaction", "cmp"],
]);

/** Types whose schema has a status: messages, calls, outputs of calls. Not those with a `slug:`. */
const WITH_STATUS = /^(?:message|[a-z_]+_(?:call|output))$/;

/**
 * Input items as they are stored, and listed by `GET /responses/{id}/input_items`: each with an id, a
 * status where its type has one, and message content as parts. An id that an item before has already is
 * replaced, as a page begins after an id. Nothing else is changed, and nothing of the given items: clients
 * want `reasoning` and items of other servers back as they sent them.
 *
 * @param newId - makes an id from a prefix such as `msg`.
 */
export function storedInputItems(
  items: readonly InputItem[],
  newId: (prefix: string) => string,
): StoredInputItem[] {
  const used = new Set<string>();
  return items.map((item) => {
    const stored = storedItem(used.has(item.id as string) ? { ...item, id: null } : item, newId);
    used.add(stored.id);
    return stored;
  });
}

function storedItem(item: InputItem, newId: (prefix: string) => string): StoredInputItem {
  const { type } = item;
  return {
    ...item,
    ...(type === "message" && typeof item["content"] === "string"
      ? { content: [textPart(item["role"], item["content"])] }
      : {}),
    id: item.id || newId(PREFIXES.get(type) ?? type.replace(/\W/g, "_")),
    ...(item["status"] == null && WITH_STATUS.test(type) ? { status: "completed" } : {}),
  };
}

/** Text of a message as the part that its role has. */
const textPart = (role: unknown, text: string): object =>
  role === "assistant"
    ? { type: "output_text", text, annotations: [] }
    : { type: "input_text", text };
