import { AgentFailedError } from "../errors/agent-failed-error.js";
import { ConnectionError } from "../errors/connection-error.js";
import { StreamInterruptedError } from "../errors/stream-interrupted-error.js";
import { TimeoutError } from "../errors/timeout-error.js";
import { type Call, path } from "../http/call.js";
import { requestJson } from "../http/request-json.js";
import { retryDelay } from "../http/retry-delay.js";
import { sleep } from "../http/sleep.js";
import type { RequestOptions, Settings } from "../options.js";
import { checkCount } from "../resolve-options.js";
import { followSignal } from "../http/follow-signal.js";
import { connect, type Connection } from "../stream/connect.js";
import type { InvocationBody, InvocationEvent, InvocationResult } from "../types/invocation.js";

/** Options of a call of `/invocations`. */
export interface InvocationOptions extends RequestOptions {
  /** The agent's name: `/agents/{name}/invocations`. Default: the server's default agent. */
  agent?: string | undefined;
}

/**
 * MLflow's `/invocations`. Nothing is stored there: a stream that broke cannot be resumed, and a call is
 * sent again only if it never reached a server.
 */
export interface Invocations {
  invoke<Result = InvocationResult>(
    body: InvocationBody,
    options?: InvocationOptions,
  ): Promise<Result>;
  /** The frames as they come. Throws AgentFailedError for an `{"error": …}` frame, and where `[DONE]` is missing. */
  stream<Event = InvocationEvent>(
    body: InvocationBody,
    options?: InvocationOptions,
  ): AsyncGenerator<Event, void, void>;
}

export function createInvocations(settings: Settings): Invocations {
  return {
    invoke: (body, options = {}) => requestJson(settings, callOf(body, options, false), options),
    stream: (body, options = {}) => {
      const call = callOf(body, options, true);
      return follow(settings, call, options) as AsyncGenerator<never, void, void>;
    },
  };
}

function callOf(body: InvocationBody, options: InvocationOptions, stream: boolean): Call {
  const { agent } = options;
  if ((body as { stream?: unknown }).stream != null)
    throw new TypeError("stream: leave it out, and call invocations.invoke or invocations.stream");
  return {
    method: "POST",
    path: agent === undefined ? "/invocations" : path("agents", agent, "invocations"),
    aboveV1: true,
    body: JSON.stringify(stream ? { ...body, stream: true } : body),
    headers: options.headers,
    repeatable: false,
    accept: stream ? "text/event-stream" : "application/json",
  };
}

async function* follow(
  settings: Settings,
  call: Call,
  options: InvocationOptions,
): AsyncGenerator<Readonly<Record<string, unknown>>, void, void> {
  const { signal, release } = followSignal(options.signal);
  let connection: Connection | undefined;
  try {
    connection = await open(settings, call, options, signal);
    for (;;) {
      const { value, done } = await connection.frames.next();
      if (done !== true) {
        if (value["type"] === undefined && "error" in value)
          throw new AgentFailedError(textOf(value["error"]));
        yield value;
      } else if (value) return;
      else throw new ConnectionError("The stream ended without [DONE].");
    }
  } catch (error) {
    signal.throwIfAborted();
    if (connection === undefined || !(error instanceof ConnectionError)) throw error;
    throw new StreamInterruptedError(
      `${call.path} was interrupted, and its streams cannot be resumed: use responses.stream for one that can. ${error.message}`,
      {},
      error,
    );
  } finally {
    connection?.close();
    release();
  }
}

async function open(
  settings: Settings,
  call: Call,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const ms = checkCount("timeoutMs", options.timeoutMs, 1) ?? settings.timeoutMs;
  const retries = checkCount("maxRetries", options.maxRetries, 0) ?? settings.maxRetries;
  const beginBy = Date.now() + ms;
  const error = (): TimeoutError =>
    new TimeoutError(`${call.path} did not begin within ${ms} ms: raise timeoutMs.`);
  for (let failures = 0; ; failures++) {
    try {
      const limit = { ms: Math.max(0, beginBy - Date.now()), error };
      return await connect(settings, call, { signal, limit });
    } catch (failure) {
      signal.throwIfAborted();
      const delay =
        failures < retries ? retryDelay(failure, failures, call.repeatable, settings) : undefined;
      if (delay === undefined || Date.now() + delay > beginBy) throw failure;
      await sleep(delay, signal);
    }
  }
}

const textOf = (error: unknown): string =>
  typeof error === "string" ? error : JSON.stringify(error);
