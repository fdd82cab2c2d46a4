import {
  AppError,
  CreateResponseRequest,
  explainIssues,
  type InputItem,
  isPlainRequest,
} from "@wheelhouse/core";
import { parseJsonObject } from "../parse-json-object.js";

/** A body of `POST /responses`, checked. */
export interface CreateResponse {
  /** Without `stream`; `input` is always a list. */
  readonly body: CreateResponseRequest & { input: InputItem[] };
  readonly stream: boolean;
}

/**
 * Parses a body of `POST /responses`. Throws 400 naming the field. Unknown fields stay for the agent.
 * What needs stored responses is refused with the reason, never passed over in silence.
 */
export function parseCreateResponse(bytes: Uint8Array): CreateResponse {
  const request = checkRequest(parseJsonObject(bytes));
  const { stream, input, ...rest } = request;
  if (input == null)
    throw new AppError("invalid_request", {
      message: "input: expected a string or a list of items, got nothing.",
      param: "input",
    });
  refuseStored(request);
  const items: InputItem[] =
    typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input;
  return { body: { ...rest, input: items }, stream: stream === true };
}

function checkRequest(body: Record<string, unknown>): CreateResponseRequest {
  // The usual body is accepted without the schema, which stays the one to explain a refusal.
  if (isPlainRequest(body, true)) return body;
  const parsed = CreateResponseRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const { param, message } = explainIssues(parsed.error);
  throw new AppError("invalid_request", { message, param: param ?? undefined });
}

function refuseStored(request: CreateResponseRequest): void {
  if (request.background === true)
    throw new AppError("unsupported_parameter", {
      message: "background: true is not supported by this server, which stores no responses.",
      param: "background",
    });
  if (request.previous_response_id != null)
    throw new AppError("previous_response_not_found", {
      message: `Previous response '${request.previous_response_id}' was not found: this server stores no responses. Send the earlier items in input.`,
      param: "previous_response_id",
    });
  if (!Array.isArray(request.input)) return;
  const at = request.input.findIndex((item) => item.type === "item_reference");
  if (at !== -1)
    throw new AppError("invalid_request", {
      message: `Item '${String(request.input[at]!.id)}' was not found: this server stores no items. Send the item itself, or ask your client for store: false.`,
      param: `input[${at}].id`,
    });
}
