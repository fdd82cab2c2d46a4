import { connect, type Socket } from "node:net";

/** One connection to a proxy and what came back on it. */
export interface Exchange {
  readonly socket: Socket;
  /** One character a byte. */
  text: string;
  isClosed: boolean;
  /** When the first byte came, by `performance.now()`. */
  firstAt: number | undefined;
}

/** Sends bytes as they are. */
export function send(port: number, request: string): Exchange {
  const socket = connect({ port, host: "127.0.0.1" });
  const exchange: Exchange = { socket, text: "", isClosed: false, firstAt: undefined };
  socket.on("data", (chunk: Buffer) => {
    exchange.firstAt ??= performance.now();
    exchange.text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.on("close", () => (exchange.isClosed = true));
  socket.write(request, "latin1");
  return exchange;
}

/** Waits for a condition; false when it does not hold in time. */
export async function waitFor(holds: () => unknown, milliseconds = 3_000): Promise<boolean> {
  const ends = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > ends) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}

/** The status of an answer, or why there is none. */
export const statusOf = ({ text, isClosed }: Exchange): string =>
  /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? (isClosed ? "closed" : "hangs");
