import type { AppError, Response, UnsequencedEvent } from "@wheelhouse/core";
import type { LogEvent } from "@wheelhouse/store";
import { Assembler, type AssemblerOptions } from "../../run/assembler.js";
import type { RunObserver } from "../../run/observe-run.js";
import { OutputBound } from "../../run/output-bound.js";
import type { Producer } from "../../run/producer.js";
import { idJson } from "../id-json.js";
import { type ReducedResponse, reduceEvent } from "../../run/reduce.js";

/** How a run on `/responses` is produced. */
export interface ResponsesProducerOptions extends AssemblerOptions {
  /** Told when the run has ended well. */
  readonly onEnd: () => void;
  /** An extra field of the terminal event where the client asked for it (B39). */
  readonly traceId: string | undefined;
  /** Told of what the author gives, where the run's span wants to know. */
  readonly observe?: RunObserver | undefined;
  /** False: nobody reads the events, only the final response counts. */
  readonly encode: boolean;
  /** Sent after the snapshot of a recovered run, to a client that asked for it (B84). */
  readonly resumedEvent?: LogEvent | undefined;
}

/** A producer for `/responses`; the final response is there when the run has ended. */
export interface ResponsesProducer extends Producer {
  response(): Response;
  /** `encrypted_content` by item id that the client did not ask to see and the agent is given again. */
  withheld(): Readonly<Record<string, string>> | undefined;
  /** The events of a run that has to wait for a place, before {@link Producer.start}. */
  queue(): readonly LogEvent[];
  /** The response as far as it has come, with items that are open. */
  snapshot(): Response;
}

/** Makes whatever an author gives the event sequence of the Responses API. */
export function createResponsesProducer(options: ResponsesProducerOptions): ResponsesProducer {
  const assembler = new Assembler(options);
  const bound = new OutputBound();
  let state: ReducedResponse;

  const take = (events: readonly UnsequencedEvent[]): LogEvent[] => {
    const encoded: LogEvent[] = [];
    for (const event of events) {
      // Nearly all of a stream, and nothing to the reducer.
      if (event.type !== "response.output_text.delta") state = reduceEvent(state, event);
      if (options.encode) encoded.push({ type: event.type, data: encode(event) });
    }
    return encoded;
  };

  const encode = (event: UnsequencedEvent): string =>
    options.traceId !== undefined && isTerminal(event)
      ? JSON.stringify({ ...event, trace_id: options.traceId })
      : encodeEvent(event);

  return {
    isStopped: () => assembler.isStopped(),
    queue: () => take(assembler.queue()),
    snapshot: () => assembler.snapshot(),
    start() {
      const events = take(assembler.start());
      return options.resumedEvent === undefined ? events : [...events, options.resumedEvent];
    },
    accept(piece) {
      options.observe?.piece(piece);
      bound.add(piece);
      return take(assembler.accept(piece));
    },
    acceptResult: (result) => take(assembler.acceptResult(result)),
    end() {
      const events = take(assembler.end());
      options.onEnd();
      return events;
    },
    fail: (error: AppError, message) =>
      take(
        assembler.fail({
          code: error.code,
          type: error.type,
          message,
          param: error.param,
        }),
      ),
    cancel: () => take(assembler.cancel()),
    outputs: () => state,
    withheld: () => assembler.items.withheld,
    response() {
      if (state === undefined) throw new Error("The run has not begun.");
      return state;
    },
  };
}

/**
 * An event as JSON text. The text delta, nearly all of a stream, is written by its known fields: half the
 * time of a pass over the object, and the same text (a property test compares them).
 */
export function encodeEvent(event: UnsequencedEvent): string {
  if (event.type !== "response.output_text.delta") return JSON.stringify(event);
  const { item_id, output_index, content_index, delta } = event;
  return `{"type":"response.output_text.delta","item_id":${idJson(item_id)},"output_index":${output_index},"content_index":${content_index},"delta":${JSON.stringify(delta)},"logprobs":[]}`;
}

const isTerminal = ({ type }: UnsequencedEvent): boolean =>
  type === "response.completed" || type === "response.incomplete" || type === "response.failed";
