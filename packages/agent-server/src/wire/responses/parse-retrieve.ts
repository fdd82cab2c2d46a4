import { AppError } from "@wheelhouse/core";

/** What a `GET /responses/{id}` asks for. */
export interface RetrieveQuery {
  readonly stream: boolean;
  /** Seq of the last event the client has; -1 for none. */
  readonly after: number;
}

const YES = new Set(["true", "1"]);
const NO = new Set(["false", "0", ""]);

/**
 * Parses the query of `GET /responses/{id}`. Throws 422 in FastAPI's form for a value of the wrong kind, 400
 * for a cursor without a stream (B77). A browser that connects again says where it was in `Last-Event-ID`,
 * which is newer than what its URL says.
 */
export function parseRetrieve(
  query: URLSearchParams,
  lastEventId: string | undefined,
): RetrieveQuery {
  const asked = query.get("stream")?.toLowerCase() ?? "";
  if (!YES.has(asked) && !NO.has(asked))
    throw invalid("stream", "bool_parsing", "Input should be a valid boolean");
  const stream = YES.has(asked);
  const start = query.get("starting_after");
  const after = start === null ? -1 : sequenceNumber(start);
  if (start !== null && !stream)
    throw new AppError("invalid_request", {
      message: "starting_after is only supported when stream=true.",
      param: "starting_after",
    });
  if (!stream || lastEventId === undefined || lastEventId === "") return { stream, after };
  if (!/^\d{1,15}$/.test(lastEventId))
    throw new AppError("invalid_request", {
      message: "Last-Event-ID must be the id of an event of this stream: a whole number from 0.",
      param: "Last-Event-ID",
    });
  return { stream, after: Number(lastEventId) };
}

function sequenceNumber(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text))
    throw invalid("starting_after", "int_parsing", "Input should be a valid integer");
  const number = Number(text);
  if (number < 0)
    throw invalid(
      "starting_after",
      "greater_than_equal",
      "Input should be greater than or equal to 0",
    );
  return number;
}

function invalid(param: string, type: string, msg: string): AppError {
  return new AppError("unprocessable", {
    message: `${param}: ${msg}`,
    param,
    detail: [{ type, loc: ["query", param], msg }],
  });
}
