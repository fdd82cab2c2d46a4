import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** How a tunnel ends. */
export interface TunnelOptions {
  /** Milliseconds without a byte either way. */
  readonly idleMs: number;
  /** Called when both connections are gone or going. */
  readonly onEnd: () => void;
}

/**
 * Joins two connections: bytes go both ways with back-pressure, one side's end ends that way only (a half-closed
 * WebSocket may still be written to), and one side's death is the other's.
 *
 * @returns ends both.
 */
export function joinSockets(client: Duplex, app: Socket, options: TunnelOptions): () => void {
  const timer = setTimeout(() => end(), options.idleMs);
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    client.destroy();
    app.destroy();
    options.onEnd();
  };
  const connect = (from: Duplex, to: Duplex): void => {
    from.on("data", () => timer.refresh());
    from.pipe(to);
    from.on("error", end);
    from.on("close", end);
  };
  connect(client, app);
  connect(app, client);
  return end;
}
