import type { UpgradeRoute } from "@wheelhouse/http";
import {
  openResponseSocket,
  type ResponseSocketOptions,
} from "../responses/open-response-socket.js";
import type { ResponsesContext } from "../responses/responses-context.js";

/** The WebSocket at `/responses` and `/v1/responses`. */
export function responseSocketRoutes(
  context: ResponsesContext,
  options: Pick<ResponseSocketOptions, "exposeErrors" | "lifeMs">,
): UpgradeRoute[] {
  return ["/responses", "/v1/responses"].map((path) => ({
    path,
    policy: { surface: "agent" },
    handle: (input) => ({
      kind: "upgrade",
      accept: (socket, hold) => openResponseSocket(socket, { ...options, context, input, hold }),
    }),
  }));
}
