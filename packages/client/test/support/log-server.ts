import type { ServerResponse } from "node:http";
import type { StreamEvent } from "../../src/index.js";
import { DONE, frame, type ScriptedServer, scriptedServer, sse } from "./scripted-server.js";

/** How one connection ends before its time. */
export interface Drop {
  /** Events that go out before it. */
  readonly after: number;
  /** `cut` resets the connection; `half` does in the middle of a frame; `end` ends the body; `refuse` answers 503. */
  readonly how: "cut" | "half" | "end" | "refuse" | "before-headers";
  /** Events before the cursor that are sent again first, as a careless server would. */
  readonly again?: number;
}

/**
 * A server with one log: `POST /responses` reads it from the start, `GET` after a cursor. The connection
 * number n is dropped as `drops[n]` says; those after the last are whole.
 */
export function logServer(
  events: readonly StreamEvent[],
  drops: readonly Drop[],
): Promise<ScriptedServer> {
  return scriptedServer(async ({ method, url }, res, index) => {
    const query = new URL(url, "http://x").searchParams;
    const cursor = method === "POST" ? -1 : Number(query.get("starting_after") ?? -1);
    const drop = drops[index];
    if (drop?.how === "before-headers") {
      res.destroy();
      return;
    }
    if (drop?.how === "refuse") {
      res.writeHead(503, { "retry-after-ms": "1" }).end();
      return;
    }
    const from = Math.max(0, cursor + 1 - (drop?.again ?? 0));
    const rest = events.slice(from);
    sse(res);
    for (const event of rest.slice(0, drop?.after)) await write(res, frame(event));
    if (drop === undefined) {
      res.end(DONE);
      return;
    }
    const next = rest[drop.after];
    if (drop.how === "half" && next !== undefined) await write(res, frame(next).slice(0, -9));
    if (drop.how === "end") res.end();
    else setImmediate(() => res.destroy());
  });
}

const write = (res: ServerResponse, text: string): Promise<void> =>
  new Promise((resolve) => res.write(text, () => resolve()));
