import type { AbortCode, AbortNotice, DisconnectPolicy } from "@wheelhouse/core";
import { abortCodeOf } from "./abort-run.js";

/**
 * Watches the client of a run. When it leaves, the policy decides (architecture, Agents 7): `cancel`
 * stops the run now, `{graceMs}` after a while, `detach` lets it go on. A server that shuts down stops
 * it whatever the policy says. The function returned ends the watch.
 */
export function watchClient(
  client: AbortNotice,
  policy: DisconnectPolicy,
  abort: (code: AbortCode) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const unwatch = client.onAbort((reason) => {
    const code = abortCodeOf(reason);
    if (code !== undefined) abort(code);
    else if (policy === "cancel") abort("client_disconnected");
    else if (typeof policy === "object")
      timer = setTimeout(() => abort("client_disconnected"), policy.graceMs);
  });
  return () => {
    unwatch();
    clearTimeout(timer);
  };
}
