import type {
  AbortNotice,
  Agent,
  AgentHandler,
  InputItem,
  Response,
  ResponseId,
  User,
} from "@wheelhouse/core";
import type { EncodeEntries } from "../run/outlet.js";
import type { LocalHistory } from "../stored/history.js";
import type { Withheld } from "../stored/withheld.js";
import type { CreateResponse } from "../wire/responses/parse-create.js";
import type { ResponsesContext } from "./responses-context.js";

/** A request for a response, whatever it came over. */
export interface CreateCall {
  readonly parsed: CreateResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly user: User | null;
  readonly requestId: string;
  readonly client: AbortNotice;
  /** Writes events in the form of the connection. */
  readonly encode: EncodeEntries;
  readonly responseId: ResponseId;
  /** Responses that this connection remembers though they are not stored. */
  readonly local?: LocalHistory | undefined;
  /** The response must be there from its start: a request with the same idempotency key may ask for it. */
  readonly announced?: boolean | undefined;
  /** True: the agent is not called; what it would be given is kept for the next turn. */
  readonly warmsUp?: boolean | undefined;
  /** Told what the agent was given and gave, when the response has ended. */
  readonly onEnd?:
    | ((items: readonly InputItem[], response: Response, withheld: Withheld | undefined) => void)
    | undefined;
}

/** What a request came to. */
export type Created =
  | { readonly kind: "response"; readonly response: Response }
  | { readonly kind: "stream"; readonly texts: AsyncIterableIterator<string, void, void> };

/** A call on its way: what all its steps share. */
export interface Step {
  readonly context: ResponsesContext;
  readonly call: CreateCall;
  readonly body: CreateResponse["body"];
  readonly agent: Agent;
  readonly handler: AgentHandler;
  readonly owner: string | null;
}
