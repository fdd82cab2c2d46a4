import { connect, type Socket } from "node:net";
import { once } from "node:events";

/** Milliseconds one answer may take. */
const ANSWER_MS = 30_000;

/** Whether the bytes of an answer that have come so far are all of it. */
export type IsWhole = (last: Buffer, bytes: number) => boolean;

/** A chunked answer ends with its last chunk; server-sent events hold no CR, so nothing else ends like it. */
export const endsChunked: IsWhole = (last) =>
  last.length >= 5 && last.toString("latin1", last.length - 5) === "0\r\n\r\n";

/** A request as bytes, made once. */
export function requestBytes(path: string, body: object): Buffer {
  const json = Buffer.from(JSON.stringify(body));
  const head = [
    `POST ${path} HTTP/1.1`,
    "Host: localhost",
    "Content-Type: application/json",
    `Content-Length: ${json.length}`,
  ].join("\r\n");
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), json]);
}

/** A request without a body. */
export function getBytes(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
}

/** One whole answer as text, on a connection of its own: to look at what a server gives. */
export async function fetchOnce(port: number, request: Buffer): Promise<string> {
  const socket = await openSocket(port);
  let text = "";
  const whole = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("No whole answer.")), ANSWER_MS);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (!isWholeText(text)) return;
      clearTimeout(timer);
      resolve();
    });
    socket.on("close", () => {
      clearTimeout(timer);
      reject(new Error("The connection ended before its answer."));
    });
  });
  socket.write(request);
  await whole;
  socket.destroy();
  return text;
}

function isWholeText(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return length === undefined
    ? text.endsWith("\r\n0\r\n\r\n")
    : text.length === end + 4 + Number(length);
}

/** How a load is made. */
export interface Load {
  readonly port: number;
  readonly request: Buffer;
  readonly connections: number;
  readonly milliseconds: number;
  readonly isWhole: IsWhole;
}

/** What a load came to. */
export interface LoadResult {
  readonly answers: number;
  readonly seconds: number;
}

/** Asks again as soon as an answer is whole, on each connection, until the time is over. Rejects on any answer but 200. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const sockets = await Promise.all(
    Array.from({ length: load.connections }, () => openSocket(load.port)),
  );
  const began = performance.now();
  const ends = began + load.milliseconds;
  const counts = await Promise.all(sockets.map((socket) => askUntil(socket, load, ends)));
  const seconds = (performance.now() - began) / 1000;
  for (const socket of sockets) socket.destroy();
  return { answers: counts.reduce((sum, count) => sum + count, 0), seconds };
}

function askUntil(socket: Socket, load: Load, ends: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answers = 0;
    let bytes = 0;
    const timer = setTimeout(
      () => reject(new Error("An answer is missing.")),
      load.milliseconds + ANSWER_MS,
    );
    socket.on("close", () => reject(new Error("A server ended a connection.")));
    socket.on("data", (chunk: Buffer) => {
      if (bytes === 0 && chunk.toString("latin1", 9, 12) !== "200") {
        reject(new Error(`Not 200: ${chunk.toString("latin1", 0, 200)}`));
        return;
      }
      bytes += chunk.length;
      if (!load.isWhole(chunk, bytes)) return;
      bytes = 0;
      answers++;
      if (performance.now() < ends) {
        socket.write(load.request);
        return;
      }
      clearTimeout(timer);
      resolve(answers);
    });
    socket.write(load.request);
  });
}

/** Milliseconds from a request to its first event, one request after the other on one connection. */
export async function firstEventTimes(
  port: number,
  request: Buffer,
  milliseconds: number,
): Promise<number[]> {
  const socket = await openSocket(port);
  const times: number[] = [];
  const ends = performance.now() + milliseconds;
  await new Promise<void>((resolve, reject) => {
    let asked = 0;
    let isFirst = true;
    const ask = (): void => {
      isFirst = true;
      asked = performance.now();
      socket.write(request);
    };
    const timer = setTimeout(
      () => reject(new Error("An event is missing.")),
      milliseconds + ANSWER_MS,
    );
    socket.on("close", () => reject(new Error("A server ended a connection.")));
    socket.on("data", (chunk: Buffer) => {
      if (isFirst && chunk.includes("data: ")) {
        times.push(performance.now() - asked);
        isFirst = false;
      }
      if (!endsChunked(chunk, 0)) return;
      if (performance.now() < ends) {
        ask();
        return;
      }
      clearTimeout(timer);
      resolve();
    });
    ask();
  });
  socket.destroy();
  return times;
}

/** A connection to a server of this machine. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}
