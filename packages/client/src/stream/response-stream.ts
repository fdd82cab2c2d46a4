import { succeeded } from "../errors/agent-failed-error.js";
import type { AgentResponse } from "../types/response.js";
import type { StreamEvent } from "../types/stream-event.js";
import { outputText } from "../output-text.js";
import { followEvents } from "./follow-events.js";
import type { StreamPlan, StreamState } from "./stream-plan.js";

/**
 * The events of one response. Iterate it once; nothing is sent before. A dropped connection is taken up
 * again, with no event lost or doubled. Leaving the loop closes the connection at once.
 */
export interface ResponseStream extends AsyncIterable<StreamEvent> {
  /** Undefined before the first event. */
  readonly responseId: string | undefined;
  /** `sequence_number` of the last event delivered: where `responses.attach` can go on. */
  readonly cursor: number | undefined;
  /** The newest response object that an event brought; its output is whole in the terminal event only. */
  readonly response: AgentResponse | undefined;
  /**
   * The response when it has ended, `incomplete` too. Reads the stream if nobody else does. Throws
   * AgentFailedError for a failed or cancelled run, else what the iteration throws.
   */
  finalResponse(): Promise<AgentResponse>;
  /** The text of the whole answer: `outputText(await stream.finalResponse())`. */
  finalText(): Promise<string>;
  /** The pieces of the answer's text as they come; counts as the one iteration. Throws as `finalResponse`. */
  textDeltas(): AsyncGenerator<string, void, void>;
  /** Closes the connection. Who waits for the stream is thrown `reason`: by default a DOMException `AbortError`. */
  abort(reason?: unknown): void;
}

/** How a stream that began at a cursor learns of its end, where nothing came after the cursor. */
type Retrieve = (responseId: string, signal: AbortSignal) => Promise<AgentResponse>;

type Outcome = { readonly response: AgentResponse } | { readonly error: unknown };

export function createResponseStream(
  plan: StreamPlan,
  start: { readonly responseId?: string; readonly after?: number | undefined },
  options: { readonly signal: AbortSignal | undefined; readonly retrieve: Retrieve },
): ResponseStream {
  const state: StreamState = {
    responseId: start.responseId,
    cursor: start.after,
    response: undefined,
    final: undefined,
    delivered: 0,
    unnumbered: false,
  };
  // Follows the caller's signal only while it runs: a stream that is never read holds nothing.
  const stop = new AbortController();
  const waiting: ((outcome: Outcome) => void)[] = [];
  let outcome: Outcome | undefined;
  let begun = false;
  const settle = (result: Outcome): void => {
    if (outcome !== undefined) return;
    outcome = result;
    for (const tell of waiting.splice(0)) tell(result);
  };

  async function* run(): AsyncGenerator<StreamEvent, void, void> {
    const { signal } = options;
    const forward = (): void => stop.abort(signal?.reason);
    if (signal?.aborted === true) forward();
    else signal?.addEventListener("abort", forward, { once: true });
    try {
      yield* followEvents(plan, state, stop.signal);
      // Nothing came after the cursor the caller began at: the response itself tells how it ended.
      state.final ??= await options.retrieve(state.responseId!, stop.signal);
    } catch (error) {
      settle({ error });
      throw error;
    } finally {
      signal?.removeEventListener("abort", forward);
      settle(state.final === undefined ? { error: left() } : { response: state.final });
    }
  }

  const iterate = (): AsyncIterator<StreamEvent, void, void> => {
    if (begun)
      throw new TypeError(
        "A stream can be read once, and is being read: iterate it before you call finalResponse(), or attach(responseId) for another reader",
      );
    begun = true;
    const events = run();
    return {
      next: () => events.next(),
      return() {
        // First the connection, so that a next() that waits does not keep it open.
        stop.abort(left());
        settle(state.final === undefined ? { error: left() } : { response: state.final });
        return events.return();
      },
    };
  };

  const finalResponse = async (): Promise<AgentResponse> => {
    if (!begun) {
      const events = iterate();
      while ((await events.next()).done !== true);
    }
    outcome ??= await new Promise<Outcome>((resolve) => waiting.push(resolve));
    if ("error" in outcome) throw outcome.error;
    return succeeded(outcome.response);
  };

  return {
    get responseId() {
      return state.responseId;
    },
    get cursor() {
      return state.cursor;
    },
    get response() {
      return state.response;
    },
    [Symbol.asyncIterator]: iterate,
    finalResponse,
    finalText: async () => outputText(await finalResponse()),
    async *textDeltas() {
      for await (const event of { [Symbol.asyncIterator]: iterate })
        if (event.type === "response.output_text.delta") yield event.delta;
      if (state.final !== undefined) succeeded(state.final);
    },
    abort: (reason) => stop.abort(reason),
  };
}

const left = (): DOMException =>
  new DOMException("The stream was left before its end.", "AbortError");
