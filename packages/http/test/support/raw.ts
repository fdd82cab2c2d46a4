import { connect, type Socket } from "node:net";

/** Sends text over a socket as it is, and gives everything that comes back until the server closes. */
export function exchangeRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
    socket.on("close", () => resolve(answer));
    socket.write(text);
  });
}

/** Opens a socket, sends text, and gives the socket with what has come back so far. */
export function openRaw(port: number, text: string): { socket: Socket; received: () => string } {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk) => (answer += String(chunk)));
  socket.on("error", () => {});
  socket.write(text);
  return { socket, received: () => answer };
}

/** The status of an answer in raw form. */
export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

/** The body of an answer in raw form, parsed. */
export const jsonOf = (answer: string): { error: { code: string; message: string } } =>
  JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as ReturnType<typeof jsonOf>;
