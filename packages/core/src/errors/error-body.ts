import { type ErrorVisibility, publicMessage, toAppError } from "./to-app-error.js";

/** OpenAI's error object, with the keys FastAPI and MLflow's page read beside it. */
export interface ErrorEnvelope {
  error: { message: string; type: string; code: string; param: string };
  detail: unknown;
  message: string;
}

/** MLflow's error object: `detail` as FastAPI sends it, `message` for its page. */
export interface DetailBody {
  detail: unknown;
  message: string;
}

/** The body of an error on `/responses` and on our own routes. */
export function errorEnvelope(thrown: unknown, visibility: ErrorVisibility): ErrorEnvelope {
  const error = toAppError(thrown);
  const message = publicMessage(thrown, visibility);
  return {
    // "" and not null: @ai-sdk/open-responses reads strings only, and loses the message of a null.
    error: { message, type: error.type, code: error.code, param: error.param ?? "" },
    detail: error.detail ?? message,
    message,
  };
}

/** The body of an error on `/invocations` and on MLflow's assistant routes. */
export function detailBody(thrown: unknown, visibility: ErrorVisibility): DetailBody {
  const message = publicMessage(thrown, visibility);
  return { detail: toAppError(thrown).detail ?? message, message };
}
