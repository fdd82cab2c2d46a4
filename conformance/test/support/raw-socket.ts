import { connect, type Socket } from "node:net";

/** Opens a TCP connection to the loopback interface, or to another of its addresses. */
export function open(port: number, host = "127.0.0.1"): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** A POST request as it stands on the wire. The connection closes after the answer. */
export function rawPost(
  path: string,
  body: string | Uint8Array,
  headers: readonly string[] = [],
): Buffer {
  const bytes = Buffer.from(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: close",
    `Content-Length: ${bytes.length}`,
    ...headers,
  ].join("\r\n");
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), bytes]);
}

/** Sends bytes and gives everything that came back until the server closed the connection. */
export async function exchange(port: number, request: string | Uint8Array): Promise<Buffer> {
  const socket = await open(port);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve, reject) => {
    socket.once("close", () => resolve());
    socket.once("error", reject);
  });
  socket.write(request);
  await closed;
  return Buffer.concat(chunks);
}

/** A raw answer, taken apart; the body is left as it was sent. */
export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  body: Buffer;
}

/** Takes a raw answer apart. */
export function parseAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(statusLine.split(" ")[1]), headers, body: bytes.subarray(end + 4) };
}

/** The chunks of a body in chunked transfer coding, RFC 9112 section 7.1. */
export function chunksOf(body: Buffer): string[] {
  const chunks: string[] = [];
  for (let at = 0; ;) {
    const line = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.subarray(at, line).toString("latin1"), 16);
    if (Number.isNaN(size)) throw new Error("the body is not in chunked transfer coding");
    if (size === 0) return chunks;
    chunks.push(body.subarray(line + 2, line + 2 + size).toString("utf8"));
    at = line + 2 + size + 2;
  }
}
