import { connect, type Socket } from "node:net";

/** A connected socket, or why there is none. */
export type Connected = [error: Error, socket: null] | [error: null, socket: Socket];

/** Connects to the chat app; calls back once. */
export type LoopbackConnector = (callback: (...connected: Connected) => void) => void;

/** Milliseconds after which the kernel asks whether a silent peer is still there. */
const KEEP_ALIVE_PROBE_MS = 30_000;

/** The chat app took no connection in time. */
class ConnectTimeoutError extends Error {
  readonly code = "CONNECT_TIMEOUT";
}

/**
 * Makes a connector to one port of this machine: 127.0.0.1, and where that is refused ::1, whichever worked last
 * first. The addresses are literal, so that no name service has a say in where requests go (B224).
 *
 * @param timeoutMs for all attempts of one connection together.
 */
export function createLoopbackConnector(port: number, timeoutMs: number): LoopbackConnector {
  let hosts: readonly [string, string] = ["127.0.0.1", "::1"];

  return (callback) => {
    const [first, second] = hosts;
    let current: Socket;
    const timer = setTimeout(() => {
      current.removeAllListeners();
      current.on("error", () => {});
      current.destroy();
      callback(new ConnectTimeoutError("No connection in time."), null);
    }, timeoutMs);
    const attempt = (host: string, onRefused: (error: Error) => void): void => {
      // Both halves are closed by whoever uses it: an app that ends its half may still read (WebSockets).
      current = connect({ host, port, noDelay: true, allowHalfOpen: true, keepAlive: true });
      const socket = current;
      const onError = (error: Error): void => onRefused(error);
      socket.once("error", onError);
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.off("error", onError);
        socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
        if (host === second) hosts = [second, first];
        callback(null, socket);
      });
    };
    attempt(first, (refused) => {
      attempt(second, () => {
        clearTimeout(timer);
        // The first address is where the app is expected, and its error says more.
        callback(refused, null);
      });
    });
  };
}
