import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Milliseconds that a client has to read the answer and close. */
const LINGER_MS = 5_000;

/**
 * A response for a request that came as an upgrade and has none: the answer ends the connection. What the client
 * still sends is dropped, since closing on unread bytes would reset the answer away.
 */
export function responseOnSocket(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  const connection = socket as Socket;
  response.assignSocket(connection);
  response.on("finish", () => {
    response.detachSocket(connection);
    // Not every Node gives a socket here: a request with a body comes with a stream around it.
    connection.end();
    const timer = setTimeout(() => connection.destroy(), LINGER_MS);
    connection.once("close", () => clearTimeout(timer));
  });
  socket.resume();
  return response;
}
