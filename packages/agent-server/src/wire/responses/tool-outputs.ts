import type { InputItem } from "@wheelhouse/core";
import { AppError } from "@wheelhouse/core";

/** The call that each kind of output answers. */
const CALL_OF: ReadonlyMap<string, string> = new Map([
  ["function_call_output", "function_call"],
  ["custom_tool_call_output", "custom_tool_call"],
  ["computer_call_output", "computer_call"],
  ["local_shell_call_output", "local_shell_call"],
  ["apply_patch_call_output", "apply_patch_call"],
  ["shell_call_output", "shell_call"],
]);
const CALLS: ReadonlySet<string> = new Set(CALL_OF.values());

/**
 * Checks that each tool output answers a call before it in the list, of its own kind, and each approval
 * a request for one. Give the whole list that an agent is handed, earlier turns and references included.
 * Throws `invalid_request` with param `input` for the first that does not, in OpenAI's words.
 */
export function checkToolOutputs(items: readonly InputItem[]): void {
  const known = new Set<string>();
  const add = (type: string, id: unknown): void => {
    if (typeof id === "string") known.add(keyOf(type, id));
  };
  for (const item of items) {
    const { type } = item;
    if (CALLS.has(type)) {
      add(type, item["call_id"]);
      // OpenAI's output of a local shell names its call in `id`.
      if (type === "local_shell_call") add(type, item.id);
    } else if (type === "mcp_approval_request") {
      add(type, item.id);
    } else if (type === "mcp_approval_response") {
      const id = item["approval_request_id"];
      if (!known.has(keyOf("mcp_approval_request", id)))
        throw missing(
          `No approval request found for approval response with approval_request_id ${shown(id)}.`,
        );
    } else {
      const call = CALL_OF.get(type);
      if (call === undefined) continue;
      const id = item["call_id"] ?? (type === "local_shell_call_output" ? item.id : undefined);
      if (!known.has(keyOf(call, id)))
        throw missing(
          `No tool call found for ${type.replaceAll("_", " ")} with call_id ${shown(id)}.`,
        );
    }
  }
}

/** One key for both, which no two pairs share: a type of the table has no space. */
const keyOf = (type: string, id: unknown): string =>
  typeof id === "string" ? `${type} ${id}` : type;

/** An id as a message shows it; what is no string is no call's id. */
const shown = (id: unknown): string => (typeof id === "string" ? id : "(none)");

const missing = (message: string): AppError =>
  new AppError("invalid_request", { message, param: "input" });
