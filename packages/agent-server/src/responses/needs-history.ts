import type { CreateResponse } from "../wire/responses/parse-create.js";

/** Types of items that mean something only beside others. */
const LINKED = /_output$|^item_reference$|^compaction$|^mcp_approval_response$/;

/** Whether a request has to be seen together with what came before it. Most have not. */
export function needsHistory({
  previous_response_id,
  conversation,
  input,
}: CreateResponse["body"]): boolean {
  return (
    previous_response_id != null ||
    conversation != null ||
    input.some(({ type }) => type !== "message" && LINKED.test(type))
  );
}
