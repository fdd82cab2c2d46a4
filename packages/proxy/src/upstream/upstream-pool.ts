import { Client } from "undici";
import type { LoopbackConnector } from "./loopback-connector.js";

/** A connection to the chat app, for one request. */
export interface Lease {
  readonly client: Client;
  /** Whether the request goes out on a connection that has served before: it may have been closed by now. */
  isReused(): boolean;
  /** The answer is whole: the next request may have the connection. */
  release(): void;
  /** The request failed or is not wanted any more: ends the connection, and with it the request. */
  drop(): void;
}

/** Connections to the chat app that are kept for the next request. */
export interface UpstreamPool {
  lease(): Lease;
  /** Ends every connection. */
  close(): void;
}

/** Idle connections that are kept; those beyond are closed. Those in use have no bound: a stream may last. */
const MOST_IDLE = 256;
/** Milliseconds; below the 5 s after which Node's own servers close an idle connection. */
const KEEP_ALIVE_MS = 4_000;
/** Bytes of an answer's head. */
const LARGEST_HEAD = 65_536;

interface Connection {
  readonly client: Client;
  /** Answers since it was last made. */
  served: number;
}

/**
 * Makes the pool. A request has a connection of its own, and the one that became free last is taken first. Not
 * undici's `Pool`, which looks through all its connections, the busy ones of open streams too, for each request,
 * and does not tell whether a connection is a new one, which decides whether a failed request may go out again.
 */
export function createUpstreamPool(origin: string, connector: LoopbackConnector): UpstreamPool {
  const idle: Connection[] = [];
  const all = new Set<Client>();
  let closed = false;

  const open = (): Connection => {
    const client = new Client(origin, {
      connect: (_, callback) => connector((...connected) => callback(...connected)),
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: 60_000,
      maxHeaderSize: LARGEST_HEAD,
      pipelining: 1,
    });
    const connection: Connection = { client, served: 0 };
    client.on("connect", () => (connection.served = 0));
    all.add(client);
    return connection;
  };
  const end = (client: Client): void => {
    all.delete(client);
    void client.destroy();
  };

  return {
    lease() {
      const connection = idle.pop() ?? open();
      const { client } = connection;
      let done = false;
      return {
        client,
        isReused: () => connection.served > 0,
        release() {
          if (done) return;
          done = true;
          connection.served++;
          if (closed || idle.length >= MOST_IDLE) end(client);
          else idle.push(connection);
        },
        drop() {
          if (done) return;
          done = true;
          end(client);
        },
      };
    },
    close() {
      closed = true;
      idle.length = 0;
      for (const client of all) end(client);
    },
  };
}
