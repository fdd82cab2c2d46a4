import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Posts JSON over a connection of its own and reads nothing of the answer until `resume()`. */
export async function idleClient(port: number, path: string, body: object): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.pause();
  const text = JSON.stringify(body);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  return socket;
}
