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

/** What is checked of a body. */
export interface CheckOptions {
  /** Whether `input` may be left out where the request goes on with nothing. Default false. */
  readonly emptyInput?: boolean;
}

/** Parses a body of `POST /responses`. Throws 400 naming the field. Unknown fields stay for the agent. */
export function parseCreateResponse(bytes: Uint8Array, options?: CheckOptions): CreateResponse {
  return checkCreateResponse(parseJsonObject(bytes), options);
}

/** Checks a body that is parsed already: a message of a WebSocket. */
export function checkCreateResponse(
  body: Record<string, unknown>,
  { emptyInput = false }: CheckOptions = {},
): CreateResponse {
  const request = checkRequest(body);
  const { stream, input: given, ...rest } = request;
  // What a request goes on with is something to answer.
  const goesOn = request.previous_response_id != null || request.conversation != null;
  const input = given ?? (emptyInput || goesOn ? [] : null);
  if (input === null)
    throw new AppError("invalid_request", {
      message: "input: expected a string or a list of items, got nothing.",
      param: "input",
    });
  checkTogether(request);
  const items: InputItem[] =
    typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input;
  return { body: { ...rest, input: items }, stream: stream === true };
}

/** Fields that exclude one another. */
function checkTogether(request: CreateResponseRequest): void {
  if (request.background === true && request.store === false)
    throw new AppError("invalid_request", {
      message:
        "background: true needs store: true: a response that is not stored cannot be fetched.",
      param: "background",
    });
  if (request.previous_response_id != null && request.conversation != null)
    throw new AppError("invalid_request", {
      message: "previous_response_id and conversation cannot both be given.",
      param: "previous_response_id",
    });
}

function checkRequest(body: Record<string, unknown>): CreateResponseRequest {
  // The usual body is accepted without the schema, which stays the one to explain a refusal.
  if (isPlainRequest(body, true)) return body;
  const parsed = CreateResponseRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const { param, message } = explainIssues(parsed.error);
  throw new AppError("invalid_request", { message, param: param ?? undefined });
}

/** What needs stored responses is refused with the reason on a server without them, never passed over in silence. */
export function refuseStored(request: CreateResponseRequest): void {
  const because = "this server stores no responses";
  if (request.background === true)
    throw new AppError("unsupported_parameter", {
      message: `background: true is not supported: ${because}.`,
      param: "background",
    });
  if (request.conversation != null)
    throw new AppError("conversation_not_found", {
      message: `Conversation not found: ${because}.`,
      param: "conversation",
    });
  if (request.previous_response_id != null)
    throw new AppError("previous_response_not_found", {
      message: `The previous response was not found: ${because}. Send the earlier items in input.`,
      param: "previous_response_id",
    });
  if (!Array.isArray(request.input)) return;
  const at = request.input.findIndex((item) => item.type === "item_reference");
  if (at !== -1)
    throw new AppError("item_not_found", {
      message: `Item not found: ${because}. Send the item itself, or ask your client for store: false.`,
      param: `input[${at}].id`,
    });
}
