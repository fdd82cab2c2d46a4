import type { AbortReason } from "@wheelhouse/core";

/** The reason a signal of this package is aborted with: core's typed form. */
export function abortError(code: "client_disconnected" | "shutting_down"): AbortReason {
  const message =
    code === "shutting_down"
      ? "The server is shutting down."
      : "The client left before the answer was complete.";
  return Object.assign(new Error(message), { name: "AbortError", code } as const);
}
