import { mkdtemp, rm } from "node:fs/promises";
import { get, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@wheelhouse/store";
import { createSqliteStore } from "@wheelhouse/store/sqlite";
import { type Frame, type Json, parseFrames } from "./frames.js";
import { json, post } from "./post.js";
import type { Random } from "./random.js";
import { open, parseAnswer } from "./raw-socket.js";
import { until } from "./until.js";

/** A background request, as the behaviours have it. */
export const BACKGROUND = { input: [{ role: "user", content: "hi" }], background: true } as const;

/** Posts a request and gives its answer's body; throws for another status than 200. */
export async function create(url: string, body: unknown, headers = {}): Promise<Json> {
  const response = await post(`${url}/responses`, body, headers);
  const answer = await json(response);
  if (response.status !== 200) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Gets JSON and its status. */
export async function fetchJson(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; body: Json }> {
  const response = await fetch(url, init);
  return { status: response.status, body: await json(response) };
}

/** Posts JSON and gives the answer's status and body. */
export async function postJson(
  url: string,
  body: unknown = {},
  headers = {},
): Promise<{ status: number; body: Json }> {
  const response = await post(url, body, headers);
  return { status: response.status, body: await json(response) };
}

/** The response once it is in one of these states. */
export async function untilStatus(
  url: string,
  id: string,
  ...statuses: readonly string[]
): Promise<Json> {
  let last: Json = {};
  await until(
    `response ${id} is ${statuses.join(" or ")}`,
    async () => {
      last = (await fetchJson(`${url}/responses/${id}`)).body;
      return statuses.includes(last["status"]);
    },
    20_000,
  );
  return last;
}

/** The events of a GET stream, with their ids; `[DONE]` has to be last. */
export async function replay(url: string, id: string, query = "", headers = {}): Promise<Frame[]> {
  const response = await fetch(`${url}/responses/${id}?stream=true${query}`, { headers });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const all = parseFrames(await response.text());
  if (all.at(-1)?.data !== "[DONE]") throw new Error(`no [DONE]: ${JSON.stringify(all.at(-1))}`);
  return all.slice(0, -1);
}

/** The sequence numbers of frames. */
export const sequence = (all: readonly Frame[]): number[] =>
  all.map(({ data }) => (JSON.parse(data) as { sequence_number: number }).sequence_number);

/** The numbers from `first` to `last`. */
export const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

/**
 * Opens a stream, reads until `enough` says so, and drops the connection without a word. Gives the whole
 * frames that came.
 */
export function readAndDrop(
  url: string,
  options: { readonly body?: unknown; readonly enough: (frames: readonly Frame[]) => boolean },
): Promise<Frame[]> {
  return new Promise((resolve, reject) => {
    const text = options.body === undefined ? undefined : JSON.stringify(options.body);
    let received = "";
    const whole = (): Frame[] => parseFrames(received.slice(0, received.lastIndexOf("\n\n") + 2));
    const sent =
      text === undefined
        ? get(url)
        : request(url, { method: "POST", headers: { "content-type": "application/json" } });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      answer.setEncoding("utf8");
      answer.on("error", () => {});
      answer.on("data", (piece: string) => {
        received += piece;
        if (!received.includes("\n\n") || !options.enough(whole())) return;
        sent.off("error", reject).on("error", () => {});
        sent.destroy();
        resolve(whole());
      });
      answer.on("close", () => resolve(whole()));
    });
    sent.end(text);
  });
}

/** A store in a SQLite file of its own; both are gone at the end of an `await using` block. */
export async function sqliteStore(): Promise<{ readonly store: Store } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "wheelhouse-store-"));
  const store = createSqliteStore({ path: join(folder, "store.db") });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** How a client of {@link readInPieces} goes on where it was. */
const RESUME = {
  starting_after: (seq: number) => ({ query: `&starting_after=${seq}`, header: "" }),
  "Last-Event-ID": (seq: number) => ({ query: "", header: `Last-Event-ID: ${seq}\r\n` }),
};

/** What a client that came and went has seen. */
export interface PiecesRead {
  readonly frames: readonly Frame[];
  /** Connections it has dropped, and those of them in the middle of a frame. */
  readonly drops: number;
  readonly cut: number;
}

/**
 * Follows a run to its end over many connections: drops each after some bytes, or some time, without a word,
 * and comes back with the last whole frame it has. Keeps every frame as it came, and drops at most `most`
 * connections.
 */
export async function readInPieces(
  port: number,
  id: string,
  random: Random,
  most: number,
): Promise<PiecesRead> {
  const all: Frame[] = [];
  let [drops, cut] = [0, 0];
  for (;;) {
    const last = all.at(-1)?.id;
    const way = RESUME[random.pick(["starting_after", "Last-Event-ID"] as const)];
    const { query, header } = last === undefined ? { query: "", header: "" } : way(Number(last));
    const path = `${random.pick(["", "/v1"])}/responses/${id}?stream=true${query}`;
    const drop =
      drops >= most
        ? {}
        : random.next() < 0.5
          ? { bytes: random.whole(1, 20_000) }
          : { milliseconds: random.whole(0, 60) };
    const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${header}\r\n`;
    const { body, isDropped } = await exchangeOrDrop(port, head, drop);
    const end = body.lastIndexOf("\n\n") + 2;
    const whole = end < 2 ? [] : parseFrames(body.toString("utf8", 0, end));
    const isDone = whole.at(-1)?.data === "[DONE]";
    all.push(...(isDone ? whole.slice(0, -1) : whole));
    if (isDone) return { frames: all, drops, cut };
    if (!isDropped)
      throw new Error(`the stream ended without [DONE]: ${body.toString("utf8").slice(-500)}`);
    drops++;
    if (body.length > Math.max(0, end)) cut++;
    // Most come back at once, all at the same time; some a little later.
    if (random.next() < 0.3) await sleep(random.whole(1, 50));
  }
}

/** The decoded body of an answer, as far as it came before the connection was dropped. */
async function exchangeOrDrop(
  port: number,
  head: string,
  drop: { readonly bytes?: number; readonly milliseconds?: number },
): Promise<{ body: Buffer; isDropped: boolean }> {
  const socket = await open(port);
  const chunks: Buffer[] = [];
  let left = drop.bytes ?? Infinity;
  let isDropped = false;
  const dropNow = (): void => {
    isDropped = true;
    socket.destroy();
  };
  const timer =
    drop.milliseconds === undefined ? undefined : setTimeout(dropNow, drop.milliseconds);
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) dropNow();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("close", () => resolve());
    socket.once("error", reject);
    socket.write(head);
  });
  clearTimeout(timer);
  const bytes = Buffer.concat(chunks);
  if (!bytes.includes("\r\n\r\n")) return { body: Buffer.alloc(0), isDropped };
  const { status, body } = parseAnswer(bytes);
  if (status !== 200) throw new Error(`${status}: ${body.toString()}`);
  return { body: partOfChunked(body), isDropped };
}

/** A body in chunked transfer coding that may end anywhere. */
function partOfChunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = body.indexOf("\r\n", at);
    const size = line === -1 ? 0 : Number.parseInt(body.toString("latin1", at, line), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
