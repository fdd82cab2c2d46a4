import { ApiError } from "../errors/api-error.js";
import { ConnectionError } from "../errors/connection-error.js";
import { InvalidResponseError } from "../errors/invalid-response-error.js";
import { StreamInterruptedError } from "../errors/stream-interrupted-error.js";
import { TimeoutError } from "../errors/timeout-error.js";
import { type Call, nameOf } from "../http/call.js";
import { retryDelay } from "../http/retry-delay.js";
import { sleep } from "../http/sleep.js";
import type { AgentResponse } from "../types/response.js";
import type { StreamEvent } from "../types/stream-event.js";
import { connect } from "./connect.js";
import { isTerminal } from "./is-terminal.js";
import type { StreamPlan, StreamState } from "./stream-plan.js";

/**
 * The events of one response, each once and in order, over as many connections as it takes. Ends after
 * the terminal event. Throws the signal's reason; before the first event what the request failed with;
 * after it a {@link StreamInterruptedError}. Never ends silently.
 */
export async function* followEvents(
  plan: StreamPlan,
  state: StreamState,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  const { settings } = plan;
  const beginBy = Date.now() + plan.timeoutMs;
  let create = plan.create?.call;
  // Attempts in a row that brought nothing new.
  let failures = 0;
  for (;;) {
    const call = nextCall(plan, state, create);
    let failure: unknown;
    let done = false;
    try {
      const connection = await connect(settings, call, {
        signal,
        limit: limitOf(plan, state, call, beginBy),
      });
      try {
        for (;;) {
          const { value, done: ended } = await connection.frames.next();
          if (ended === true) {
            done = value;
            break;
          }
          const event = toEvent(call, value);
          if (!isNew(event, state)) continue;
          failures = 0;
          state.delivered++;
          yield event;
          if (state.final === undefined) continue;
          connection.closeSoon();
          await connection.frames.next().catch(() => {});
          return;
        }
      } finally {
        connection.close();
      }
      failure = new ConnectionError(`${nameOf(call)}: the stream ended before its last event.`);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
    if (done) {
      // Nothing after the cursor: the caller has it all.
      if (plan.create === undefined && state.delivered === 0) return;
      throw interrupted(state, "the server ended it without a terminal event", undefined);
    }
    if (isKeyRefused(failure) && create !== plan.create?.bare && plan.create?.bare !== undefined) {
      create = plan.create.bare;
      continue;
    }
    await sleep(delayBefore(plan, state, call, failure, failures, beginBy), signal);
    failures++;
  }
}

/** On from the cursor where the response has a name; else from the start, which an idempotency key makes a replay. */
function nextCall(plan: StreamPlan, state: StreamState, create: Call | undefined): Call {
  const { responseId, cursor } = state;
  if (responseId !== undefined) return plan.attach(responseId, cursor);
  if (create === undefined) throw new TypeError("attach: expected the id of a response");
  return create;
}

function limitOf(
  { settings, timeoutMs }: StreamPlan,
  state: StreamState,
  call: Call,
  beginBy: number,
): Parameters<typeof connect>[2]["limit"] {
  if (state.delivered > 0) {
    const ms = settings.idleMs;
    const message = `${nameOf(call)} was not answered within ${ms} ms (idleMs).`;
    return { ms, error: () => new ConnectionError(message) };
  }
  const message = `${nameOf(call)} did not begin within ${timeoutMs} ms: raise timeoutMs.`;
  return { ms: Math.max(0, beginBy - Date.now()), error: () => new TimeoutError(message) };
}

function toEvent(call: Call, frame: Readonly<Record<string, unknown>>): StreamEvent {
  if (typeof frame["type"] === "string") return frame as StreamEvent;
  throw new InvalidResponseError(
    `${nameOf(call)}: an event has no type: check that baseUrl is an agent server's.`,
  );
}

/** Notes what an event says. False for one that was delivered before. */
function isNew(event: StreamEvent, state: StreamState): boolean {
  const number = event.sequence_number;
  if (typeof number !== "number") state.unnumbered = true;
  else if (state.cursor !== undefined && number <= state.cursor) return false;
  else state.cursor = number;
  const response = (event as { response?: AgentResponse }).response;
  if (typeof response === "object" && typeof response?.id === "string") {
    state.response = response;
    state.responseId = response.id;
    if (isTerminal(event)) state.final = response;
  } else if (isTerminal(event)) {
    throw new InvalidResponseError(`The event ${event.type} has no response object.`);
  }
  return true;
}

/** Milliseconds until the next attempt. Throws where there is none. */
function delayBefore(
  plan: StreamPlan,
  state: StreamState,
  call: Call,
  failure: unknown,
  failures: number,
  beginBy: number,
): number {
  const { settings, resume, create } = plan;
  if (state.delivered === 0) {
    const delay =
      failures < plan.maxRetries
        ? retryDelay(failure, failures, call.repeatable, settings)
        : undefined;
    if (delay === undefined || Date.now() + delay > beginBy) throw failure;
    return delay;
  }
  if (failure instanceof InvalidResponseError) throw failure;
  if (resume === false) throw interrupted(state, "resume is false", failure);
  if (create?.stored === false)
    throw interrupted(state, "it is not stored: leave store: false out", failure);
  if (state.response?.store === false)
    throw interrupted(state, "the server did not store it", failure);
  if (state.unnumbered)
    throw interrupted(state, "its events have no sequence_number to go on after", failure);
  if (state.responseId === undefined && !call.repeatable)
    throw interrupted(state, "no event named the response", failure);
  if (failures >= resume.maxAttempts)
    throw interrupted(
      state,
      `${failures} attempts in a row brought nothing (resume.maxAttempts)`,
      failure,
    );
  const delay = retryDelay(failure, failures, true, settings);
  if (delay === undefined) throw interrupted(state, "the server refused", failure);
  return delay;
}

function interrupted(state: StreamState, why: string, cause: unknown): StreamInterruptedError {
  const { responseId, cursor } = state;
  const at = responseId === undefined ? "" : ` (${responseId}, after event ${cursor})`;
  const how = cause instanceof Error ? `: ${cause.message}` : "";
  return new StreamInterruptedError(
    `The stream was interrupted and not resumed, because ${why}${at}${how}`,
    state,
    cause,
  );
}

/** A server that stores nothing takes no idempotency key. It has not run anything then. */
export function isKeyRefused(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.status === 400 &&
    error.param?.toLowerCase() === "idempotency-key"
  );
}
