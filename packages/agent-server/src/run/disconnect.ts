import type { AbortCode, DisconnectPolicy } from "@wheelhouse/core";
import { abortCodeOf } from "./abort-run.js";

/**
 * Watches the client of a run. When it leaves, the policy decides (architecture, Agents 7): `cancel`
 * stops the run now, `{graceMs}` after a while, `detach` lets it go on. A server that shuts down stops
 * it whatever the policy says. The function returned ends the watch.
 */
export function watchClient(
  client: AbortSignal,
  policy: DisconnectPolicy,
  abort: (code: AbortCode) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const left = (): void => {
    const code = abortCodeOf(client.reason);
    if (code !== undefined) abort(code);
    else if (policy === "cancel") abort("client_disconnected");
    else if (typeof policy === "object")
      timer = setTimeout(() => abort("client_disconnected"), policy.graceMs);
  };
  if (client.aborted) left();
  else client.addEventListener("abort", left, { once: true });
  return () => {
    client.removeEventListener("abort", left);
    clearTimeout(timer);
  };
}
