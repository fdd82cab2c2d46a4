import type { ResponseStreamEvent } from "@wheelhouse/core";
import type { AgentOutputItem, AgentResponse } from "./response.js";
import type { UnlistedType, Without } from "./unlisted.js";

/** An event that this version of the client does not know. It passes as it came. */
export interface UnlistedEvent {
  readonly type: UnlistedType;
  readonly sequence_number?: number;
  readonly [field: string]: unknown;
}

/** An extension's event, as `wheelhouse:progress` (Open Responses, extensions). */
export interface ExtensionEvent {
  readonly type: `${string}:${string}`;
  readonly sequence_number?: number;
  readonly [field: string]: unknown;
}

/** Core's events with our output items, which can be told apart by `type`. */
type Typed<Event> = Event extends { response: unknown; type: string }
  ? Without<Event, "response"> & { response: AgentResponse }
  : Event extends { type: "response.output_item.added" | "response.output_item.done" }
    ? Without<Event, "item"> & { item: AgentOutputItem }
    : Event;

/** An event that the client knows. */
export type KnownStreamEvent = Typed<ResponseStreamEvent>;

/** One event of a response's stream. Not checked at run time: it is what the server sent. */
export type StreamEvent = KnownStreamEvent | ExtensionEvent | UnlistedEvent;
