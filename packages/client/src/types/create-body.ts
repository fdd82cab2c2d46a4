import type {
  CreateResponseRequest,
  DisconnectPolicy,
  InputFunctionCall,
  InputFunctionCallOutput,
  InputMessage,
  InputReasoning,
  ItemReference,
} from "@wheelhouse/core";
import type { Without } from "./unlisted.js";

/** An item as a request gives it: a message and a reference may leave their `type` out. */
export type InputItemParam =
  | (Without<InputMessage, "type"> & { type?: "message" | undefined })
  | InputFunctionCall
  | InputFunctionCallOutput
  | InputReasoning
  | (Without<ItemReference, "type"> & { type?: "item_reference" | undefined })
  | { type: string; [field: string]: unknown };

/** The body of `POST /responses`; fields that are not listed reach the agent too. */
export type ResponseCreateBody = Without<
  CreateResponseRequest,
  "input" | "stream" | "disconnect"
> & {
  input?: string | readonly InputItemParam[] | null | undefined;
  /** Chosen by the method: `create` or `stream`. */
  stream?: never;
  /** What happens to a foreground run whose client leaves. Default: see the `resume` option. */
  disconnect?: DisconnectPolicy | undefined;
};
