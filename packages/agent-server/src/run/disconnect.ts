import type { AbortCode, AbortNotice, DisconnectPolicy } from "@wheelhouse/core";
import { abortCodeOf } from "./abort-run.js";

/** Watches whether anybody still wants a run's answer. */
export interface ClientWatch {
  /** Another reader of the run has come; the function given back tells that it has left, once. */
  attach(): () => void;
  /** Ends the watch. */
  end(): void;
}

/**
 * Watches the clients of a run. When the last one leaves, the policy decides (architecture, Agents 7):
 * `cancel` stops the run now, `{graceMs}` unless a client comes within that time, `detach` lets it go on. A
 * server that shuts down stops it whatever the policy says.
 *
 * @param client - the one who asked; undefined where nobody waits for the answer (a background run).
 */
export function watchClient(
  client: AbortNotice | undefined,
  policy: DisconnectPolicy,
  abort: (code: AbortCode) => void,
): ClientWatch {
  let readers = 0;
  let timer: NodeJS.Timeout | undefined;
  const leave = (): void => {
    if (--readers > 0) return;
    if (policy === "cancel") abort("client_disconnected");
    else if (typeof policy === "object")
      timer = setTimeout(() => abort("client_disconnected"), policy.graceMs);
  };
  const attach = (): (() => void) => {
    readers++;
    clearTimeout(timer);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      leave();
    };
  };
  const left = client === undefined ? undefined : attach();
  const unwatch = client?.onAbort((reason) => {
    const code = abortCodeOf(reason);
    if (code === undefined) left?.();
    else abort(code);
  });
  return {
    attach,
    end() {
      unwatch?.();
      // Whoever leaves from now on leaves a run that is over.
      readers = Infinity;
      clearTimeout(timer);
    },
  };
}
