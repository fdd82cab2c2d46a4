import type { ServerConfig } from "../config/server-config.js";
import type { Listening } from "../serve.js";
import type { StartErrorKind } from "../start-error.js";

/** From the supervising process to a serving one. */
export type ToChild =
  | { readonly wheelhouse: "serve"; readonly config: ServerConfig }
  | { readonly wheelhouse: "stop"; readonly graceMs: number };

/** From a serving process to the supervising one. */
export type FromChild =
  | { readonly wheelhouse: "listening"; readonly at: Listening }
  | { readonly wheelhouse: "failed"; readonly kind: StartErrorKind; readonly message: string };

/** Whether a message to a serving process is one of ours: other programs' may come over the same channel. */
export function isToChild(value: unknown): value is ToChild {
  return isOurs(value);
}

/** Whether a message from a serving process is one of ours: the agent's own code may send others. */
export function isFromChild(value: unknown): value is FromChild {
  return isOurs(value);
}

const isOurs = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "wheelhouse" in value;
