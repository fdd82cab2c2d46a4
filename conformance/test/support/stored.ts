import { get, request } from "node:http";
import { type Frame, type Json, parseFrames } from "./frames.js";
import { json, post } from "./post.js";
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
