import type { Response, UnsequencedEvent } from "@wheelhouse/core";
import { ERROR_CODES, isErrorCode } from "@wheelhouse/core";
import { replayItem } from "./replay-item.js";

/**
 * The legal event sequence that leads to a finished response whose log is not there, because it was not
 * streamed or the log has expired. The same response always gives the same sequence, so that a cursor
 * into it holds. A response that is not finished gives no terminal event.
 */
export function replayEvents(response: Response): UnsequencedEvent[] {
  const begun = atStart(response);
  return [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...response.output.flatMap(replayItem),
    ...ending(response),
  ];
}

/** The response before it had anything of its run. */
function atStart(response: Response): Response {
  const { custom_outputs: _outputs, ...fields } = response;
  return {
    ...fields,
    status: "in_progress",
    completed_at: null,
    output: [],
    usage: null,
    incomplete_details: null,
    error: null,
  };
}

function ending(response: Response): UnsequencedEvent[] {
  switch (response.status) {
    case "completed":
      return [{ type: "response.completed", response }];
    case "incomplete":
      return [{ type: "response.incomplete", response }];
    case "failed":
      return [errorEvent(response.error), { type: "response.failed", response }];
    case "cancelled":
      // OpenAI's union has no event for it. A cancel is no error, so none goes before.
      return [{ type: "response.failed", response }];
    default:
      return [];
  }
}

/** What goes before `response.failed`, flat and nested as the assembler has it. */
function errorEvent(error: Response["error"]): UnsequencedEvent {
  const code = error?.code ?? "internal_error";
  const entry = ERROR_CODES[isErrorCode(code) ? code : "internal_error"];
  const message = error?.message ?? entry.message;
  const type = typeof error?.["type"] === "string" ? error["type"] : entry.type;
  return {
    type: "error",
    code,
    message,
    param: null,
    error: { type, code, message, param: null },
  };
}
