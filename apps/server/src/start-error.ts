import { errorText } from "@wheelhouse/core";

/** Why the command cannot start or go on, in words for the person who ran it. */
export class StartError extends Error {
  /** Which kind of remedy it needs. */
  readonly kind: StartErrorKind;

  constructor(kind: StartErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StartError";
    this.kind = kind;
  }
}

/**
 * `config`: a variable of the environment is at fault. `module`: the agent's code is at fault. `address`: the port
 * or host is. `state`: the state directory is. `process`: a serving process died.
 */
export type StartErrorKind = "config" | "module" | "address" | "state" | "process";

/** What to tell of anything thrown while starting: an error that was not foreseen shows where it came from. */
export function startFailure(thrown: unknown): [kind: StartErrorKind, message: string] {
  if (thrown instanceof StartError) return [thrown.kind, thrown.message];
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return ["process", stack ?? errorText(thrown)];
}
