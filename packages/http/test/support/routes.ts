import type { Reply, Route, RouteInput, RoutePolicy } from "../../src/index.js";

export const PROBE: RoutePolicy = { surface: "probe" };
export const AGENT: RoutePolicy = { surface: "agent" };
export const OWN: RoutePolicy = { surface: "own" };

/** A route in one line. */
export function route(
  methodAndPath: `${Route["method"]} ${string}`,
  policy: RoutePolicy,
  handle: (input: RouteInput) => Reply | Promise<Reply>,
): Route {
  const [method, path] = methodAndPath.split(" ") as [Route["method"], string];
  return { method, path, policy, handle };
}

/** A JSON reply. */
export const json = (body: unknown): Reply => ({ kind: "json", body });
/** What a body says. */
export const textOf = (input: RouteInput): string => new TextDecoder().decode(input.body);

/** Waits for a condition, for five seconds at most. */
export async function until(condition: () => boolean, what = "the condition"): Promise<void> {
  const ends = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > ends) throw new Error(`${what} did not come true`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
