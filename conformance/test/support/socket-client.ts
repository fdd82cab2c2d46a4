import type { Json } from "./frames.js";

/** A WebSocket whose messages are read one by one. */
export interface SocketClient extends AsyncDisposable {
  send(message: unknown): void;
  /** The next message. Rejects when the socket closes before it, or after ten seconds. */
  next(): Promise<Json>;
  /** The messages of a turn: to the event that ends the response, or the error that refuses the request. */
  turn(): Promise<Json[]>;
  readonly closed: Promise<{ code: number }>;
}

/** The events that end a turn. */
const LAST = new Set(["response.completed", "response.incomplete", "response.failed", "error"]);

/** Opens a WebSocket to a path of a server. */
export async function openSocket(url: string, path = "/v1/responses"): Promise<SocketClient> {
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`);
  const messages: Json[] = [];
  const waiting: ((message: Json | undefined) => void)[] = [];
  const closed = Promise.withResolvers<{ code: number }>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data as string) as Json;
    const first = waiting.shift();
    if (first === undefined) messages.push(message);
    else first(message);
  });
  socket.addEventListener("close", ({ code }) => {
    for (const waiter of waiting.splice(0)) waiter(undefined);
    closed.resolve({ code });
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  const next = async (): Promise<Json> => {
    const ready = messages.shift();
    if (ready !== undefined) return ready;
    const { promise, resolve } = Promise.withResolvers<Json | undefined>();
    waiting.push(resolve);
    const timer = setTimeout(() => resolve(undefined), 10_000);
    const message = await promise;
    clearTimeout(timer);
    if (message === undefined) throw new Error("no message came");
    return message;
  };
  return {
    closed: closed.promise,
    next,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    async turn() {
      const all: Json[] = [];
      do all.push(await next());
      while (!LAST.has(all.at(-1)!["type"]));
      return all;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed.promise;
    },
  };
}
