import {
  AppError,
  createId,
  type InputItem,
  publicMessage,
  type ResponseId,
  toAppError,
} from "@wheelhouse/core";
import type { RouteInput, UpgradeReply } from "@wheelhouse/http";
import type { LogEntry } from "@wheelhouse/store";
import { createResponse } from "./create-response.js";
import type { ResponsesContext } from "./responses-context.js";
import { restoreWithheld } from "../stored/withheld.js";
import { checkCreateResponse } from "../wire/responses/parse-create.js";
import { parseJsonObject } from "../wire/parse-json-object.js";

type Socket = Parameters<UpgradeReply["accept"]>[0];

/** Messages that wait for the turn before them. */
const MAX_WAITING = 32;
/** Milliseconds that a client may take to read what was sent before it is let go of. */
const STALL_MS = 30_000;
/** RFC 6455 section 7.4.1. */
const NORMAL = 1000;

/** What a socket is opened with. */
export interface ResponseSocketOptions {
  readonly context: ResponsesContext;
  readonly input: RouteInput;
  readonly exposeErrors: boolean;
  /** Milliseconds that the connection lives. */
  readonly lifeMs: number;
  /** Tells that a turn is under way; gives what ends it. */
  readonly hold: () => () => void;
}

/** The newest response of the connection, which a next turn can go on with though it was not stored. */
interface Remembered {
  readonly id: string;
  readonly items: readonly InputItem[];
}

/**
 * The Responses API over a WebSocket (Open Responses, M16-M22): each `response.create` is a turn, one at a
 * time, in order; its events are those of a stream. A request that fails is answered with an `error` event
 * and leaves the connection open.
 */
export function openResponseSocket(socket: Socket, options: ResponseSocketOptions): void {
  const { context, input, hold } = options;
  const waiting: Uint8Array[] = [];
  let busy = false;
  let isOver = false;
  let remembered: Remembered | undefined;

  const life = setTimeout(() => {
    isOver = true;
    if (!busy) void sayGoodbye();
  }, options.lifeMs).unref();
  socket.on("close", () => {
    clearTimeout(life);
    waiting.length = 0;
  });
  socket.on("message", (data, isBinary) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data);
    if (waiting.length >= MAX_WAITING) {
      void send(
        errorEvent(
          new AppError("rate_limit_exceeded", {
            message: `${MAX_WAITING} messages wait on this connection already.`,
          }),
        ),
      );
      return;
    }
    // A frame of another kind is refused in its turn, as an answer that came early would be another turn's.
    waiting.push(isBinary ? NOT_TEXT : bytes);
    if (!busy) void work();
  });

  const work = async (): Promise<void> => {
    busy = true;
    const done = hold();
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (isOver) break;
        await turn(next);
      }
    } finally {
      busy = false;
      done();
    }
    if (isOver) await sayGoodbye();
  };

  const turn = async (message: Uint8Array): Promise<void> => {
    let previous: string | null | undefined;
    const responseId = createId<ResponseId>("resp");
    try {
      const { generate, ...body } = createOf(message);
      previous = body["previous_response_id"] as typeof previous;
      const warmsUp = generate === false;
      const parsed = checkCreateResponse(body);
      const created = await createResponse(context, {
        parsed: { ...parsed, stream: true },
        headers: input.headers,
        user: input.user,
        requestId: input.requestId,
        client: input.client,
        encode: encodeLines,
        responseId,
        warmsUp,
        local: (id) => (id === remembered?.id ? remembered.items : undefined),
        onEnd(items, response, withheld) {
          remembered = {
            id: response.id,
            items: [...items, ...restoreWithheld(response.output as InputItem[], withheld)],
          };
        },
      });
      if (created.kind !== "stream") throw new TypeError("A turn of a socket is a stream.");
      let last = "";
      for await (const text of created.texts) {
        for (const line of text.split("\n")) {
          if (line !== "") await send((last = line));
        }
      }
      if (last.startsWith(FAILED)) forget(previous);
    } catch (error) {
      forget(previous);
      if (input.client.aborted) return;
      report(error);
      await send(errorEvent(toAppError(error)));
    }
  };

  /** A continuation that failed takes what it went on with along (M19). */
  const forget = (previous: string | null | undefined): void => {
    if (previous != null && previous === remembered?.id) remembered = undefined;
  };

  const report = (error: unknown): void => {
    const { code, cause } = toAppError(error);
    if (code === "internal_error")
      options.context.logger.error(
        { requestId: input.requestId, err: cause },
        "A turn of a WebSocket failed.",
      );
  };

  const errorEvent = (error: AppError): string => {
    const { requestId } = input;
    const message = publicMessage(error, { exposeErrors: options.exposeErrors, requestId });
    const { code, type, param, status } = error;
    return JSON.stringify({ type: "error", status, error: { type, code, message, param } });
  };

  const sayGoodbye = async (): Promise<void> => {
    await send(errorEvent(new AppError("websocket_connection_limit_reached")));
    socket.close(NORMAL);
  };

  /** Resolves when the client has taken it, or is gone. */
  const send = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const stalled = setTimeout(() => socket.terminate(), STALL_MS);
      socket.send(text, () => {
        clearTimeout(stalled);
        resolve();
      });
    });
}

/** Stands for a binary frame. */
const NOT_TEXT = new Uint8Array(0);
/** How a failed response's last event begins. */
const FAILED = '{"type":"response.failed"';

/** The body of a `response.create` message. Throws `invalid_json` and `invalid_request`. */
function createOf(message: Uint8Array): Record<string, unknown> {
  if (message === NOT_TEXT)
    throw new AppError("invalid_request", { message: "Messages must be text frames of JSON." });
  const { type, stream: _stream, stream_options: _options, ...body } = parseJsonObject(message);
  if (type !== "response.create")
    throw new AppError("invalid_request", {
      message: 'type: expected "response.create".',
      param: "type",
    });
  const { generate } = body;
  if (generate != null && typeof generate !== "boolean")
    throw new AppError("invalid_request", {
      message: `generate: expected a boolean, received ${typeof generate}.`,
      param: "generate",
    });
  if (body["background"] === true)
    throw new AppError("unsupported_parameter", {
      message: "background: true is not for WebSockets: a turn's events come over the connection.",
      param: "background",
    });
  return body;
}

/**
 * Events as JSON lines. A failed run's `error` event is left out: what follows says it too, and a client
 * takes the first of the two as the end of the turn.
 */
function encodeLines(entries: readonly LogEntry[]): string {
  let text = "";
  for (const { type, data, seq } of entries)
    if (type !== "error") text += `${data.slice(0, -1)},"sequence_number":${seq}}\n`;
  return text;
}
