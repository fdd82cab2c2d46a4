import type { OutputItem, Response } from "@wheelhouse/core";

/** An event as the reducer needs it: its type, and the item or response it carries. */
export interface ReducibleEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** The state of a response after the events so far; undefined before `response.created`. */
export type ReducedResponse = Response | undefined;

/**
 * Folds one event into a response. Snapshots of the life cycle replace the state; a done item takes its
 * place in the output. Deltas change nothing: an item counts when it is done, as in MLflow's reducer.
 */
export function reduceEvent(state: ReducedResponse, event: ReducibleEvent): ReducedResponse {
  switch (event.type) {
    case "response.created":
    case "response.queued":
    case "response.in_progress":
    case "response.completed":
    case "response.incomplete":
    case "response.failed":
      return event["response"] as Response;
    case "response.output_item.done": {
      if (state === undefined) return state;
      const output = [...state.output];
      // Places of items that are not done yet stay free until they are.
      output[event["output_index"] as number] = event["item"] as OutputItem;
      return { ...state, output };
    }
    default:
      return state;
  }
}

/** The response a whole event sequence leads to, with no free places in its output. */
export function reduceEvents(events: Iterable<ReducibleEvent>): ReducedResponse {
  let state: ReducedResponse;
  for (const event of events) state = reduceEvent(state, event);
  return state && { ...state, output: state.output.filter((item) => item !== undefined) };
}
