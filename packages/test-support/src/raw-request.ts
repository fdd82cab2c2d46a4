import { connect } from "node:net";

export interface RawRequestOptions {
  /** Milliseconds to wait for the other side to close. Default 5000. */
  readonly timeoutMs?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

/**
 * Sends exactly `request` over one TCP connection and resolves to everything that came back, one
 * character a byte (latin1), when the other side closes or resets, or when the time is over. For
 * requests that no HTTP client would send. Rejects when nothing listens.
 */
export function rawRequest(
  port: number,
  request: string | Uint8Array,
  options: RawRequestOptions = {},
): Promise<string> {
  const { timeoutMs = 5_000, host = "127.0.0.1" } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host });
    const chunks: Buffer[] = [];
    let connected = false;
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.on("connect", () => {
      connected = true;
      socket.write(request);
    });
    socket.on("data", (chunk) => chunks.push(chunk));
    // A reset is an answer too; "close" follows and resolves.
    socket.on("error", (error) => {
      if (!connected) reject(error);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString("latin1"));
    });
  });
}
