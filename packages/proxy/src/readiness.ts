import { get } from "node:http";
import type { Logger } from "@wheelhouse/core";
import type { LoopbackConnector } from "./upstream/loopback-connector.js";

/** Whether the chat app answers. */
export interface Readiness {
  isReady(): boolean;
  /** Nobody listened just now. */
  lost(): void;
  close(): void;
}

/** Milliseconds between two looks for an app that is not there yet. */
const LOOK_MS = 200;
/** Milliseconds between two looks at one that is. */
const WATCH_MS = 2_000;
/** Milliseconds that an answer may take: a development server builds the page first. */
const ANSWER_MS = 30_000;

/** A readiness that nobody asks about. */
export const ALWAYS_READY: Readiness = { isReady: () => true, lost: () => {}, close: () => {} };

/**
 * Watches the chat app: it is ready once it has answered a request for `/`, whatever the status, and until a
 * connection is refused.
 */
export function watchReadiness(
  connector: LoopbackConnector,
  host: string,
  logger: Logger,
): Readiness {
  let ready = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let cancel = (): void => {};

  const next = (milliseconds: number): void => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(ready ? watch : ask, milliseconds);
    timer.unref();
  };
  const set = (value: boolean): void => {
    if (value && !ready) logger.info("The chat app answers.");
    if (!value && ready) logger.warn("The chat app does not answer any more.");
    ready = value;
    next(ready ? WATCH_MS : LOOK_MS);
  };
  const ask = (): void => {
    const asked = get({
      path: "/",
      headers: { host, connection: "close" },
      setHost: false,
      timeout: ANSWER_MS,
      createConnection: (_, onConnection) => {
        connector((error, socket) => onConnection(error, socket!));
        return undefined;
      },
    });
    cancel = () => asked.destroy();
    let isSettled = false;
    const settle = (answers: boolean): void => {
      if (isSettled) return;
      isSettled = true;
      asked.destroy();
      set(answers);
    };
    const limit = setTimeout(() => settle(false), ANSWER_MS);
    limit.unref();
    asked.on("close", () => clearTimeout(limit));
    asked.on("response", () => settle(true));
    asked.on("error", () => settle(false));
  };
  const watch = (): void => {
    connector((error, socket) => {
      socket?.on("error", () => {});
      socket?.destroy();
      set(error === null);
    });
  };
  ask();
  return {
    isReady: () => ready,
    lost() {
      if (ready) set(false);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      cancel();
    },
  };
}
