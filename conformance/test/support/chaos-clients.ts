import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { eventsOf, parseFrames } from "./frames.js";
import { type HttpClient, LateAnswer, readBody, type ReadPace } from "./http-client.js";
import { legalStream } from "./legal-stream.js";
import type { Random } from "./random.js";
import { chunksOf, open, parseAnswer, rawPost } from "./raw-socket.js";

/** What a client of the chaos test needs. */
export interface ChaosClient {
  readonly port: number;
  readonly http: HttpClient;
  readonly random: Random;
}

/** A client of a kind: settles when it has left; rejects when the server did what it must not. */
export type ChaosAct = (client: ChaosClient) => Promise<void>;

/** The connection ended before the answer did: no fault of a server one of whose processes was killed. */
export class BrokenConnection extends Error {}

/** Milliseconds that a client without manners holds its connection at most. */
const HOLD_MS = 3_000;
/** Milliseconds in which a client that only reads must have its answer. */
const ANSWER_MS = 20_000;

const PATHS = ["/invocations", "/responses", "/v1/responses"] as const;
const MISDEEDS = ["nothing", "throw", "hang", "garbage", "stray"] as const;

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** A request for one of the fixture's agents. */
function anyCall(random: Random, does: string, stream: boolean) {
  const agent = random.pick(["free", "free", "free", "limited"]);
  const wire = random.pick(PATHS);
  return {
    path: wire === "/invocations" ? `/agents/${agent}/invocations` : wire,
    agent,
    body: {
      model: agent,
      stream,
      input: [{ role: "user", content: "x".repeat(random.whole(0, 2_000)) }],
      custom_inputs: {
        does,
        index: random.whole(0, 1_000),
        pieces: random.whole(0, 10),
        pauseMs: random.whole(0, 10),
      },
    },
  };
}

/** How a stream of `/responses` ends for a misdeed: an error's code, else the response is completed. */
const ENDS: Readonly<Record<string, string>> = { throw: "task_failed", hang: "task_timeout" };

/** Holds a stream that ended cleanly against the rules, and its end against what the agent did. */
export function checkWholeStream(path: string, does: string, text: string, draining = false): void {
  const frames = parseFrames(text);
  if (path.endsWith("/invocations")) {
    check(eventsOf(frames).length > 0, `a stream of nothing: ${does}`);
    return;
  }
  const { final } = legalStream(frames);
  const end = final["error"] === null ? final["status"] : final["error"].code;
  // A busy machine may take longer than the agent's time limit.
  const allowed = [ENDS[does] ?? "completed", draining ? "shutting_down" : "task_timeout"];
  check(does === "garbage" || allowed.includes(end), `${does} ended as ${end}: ${text}`);
}

async function streamPolitely({ http, random }: ChaosClient, does: string, pace?: ReadPace) {
  const { path, agent, body } = anyCall(random, does, true);
  const answer = await http.send({ path, body }).catch(broken);
  const text = await readBody(answer, pace).catch(broken);
  if (answer.statusCode === 429 && agent === "limited") return;
  check(answer.statusCode === 200, `a stream was answered ${answer.statusCode}: ${text}`);
  checkWholeStream(path, does, text);
}

function broken(cause: unknown): never {
  if (cause instanceof LateAnswer) throw cause;
  throw new BrokenConnection(String(cause), { cause });
}

/** Reads a stream whole, whatever the agent does. */
const readStream: ChaosAct = (client) =>
  streamPolitely(client, client.random.pick([...MISDEEDS, "flood"]));

/** Reads a stream whole with pauses, so that the server has to wait. */
const readSlowly: ChaosAct = (client) =>
  streamPolitely(client, client.random.pick(["flood", "flood", "nothing"]), {
    pauseMs: client.random.whole(10, 60),
    pauses: 10,
  });

/** Waits for an answer in one piece. */
const waitForAnswer: ChaosAct = async ({ http, random }) => {
  const does = random.pick(MISDEEDS);
  const { path, agent, body } = anyCall(random, does, false);
  const answer = await http.send({ path, body }).catch(broken);
  const text = await readBody(answer).catch(broken);
  const status = answer.statusCode ?? 0;
  const allowed = { nothing: [200], stray: [200], throw: [500], hang: [], garbage: [200, 500] };
  const also = agent === "limited" ? [504, 429] : [504];
  check([...allowed[does], ...also].includes(status), `${does} was answered ${status}: ${text}`);
  const value = JSON.parse(text);
  check(status === 200 || typeof value.detail === "string", `an error without detail: ${text}`);
};

/** Opens a connection whose breaks are nobody's business. */
async function rudeSocket(port: number): Promise<Socket> {
  const socket = await open(port).catch(broken);
  socket.on("error", () => {});
  return socket;
}

/** Resolves when a connection is closed. Not `once`, which rejects where it was reset. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

function drop(socket: Socket, random: Random): void {
  if (random.next() < 0.5) socket.destroy();
  else socket.resetAndDestroy();
}

const bytesOf = ({ path, body }: ReturnType<typeof anyCall>): Buffer =>
  rawPost(path, JSON.stringify(body));

/** Leaves before the request is whole: in its head or in its body. */
const leaveWhileSending: ChaosAct = async ({ port, random }) => {
  const bytes = bytesOf(anyCall(random, "nothing", random.next() < 0.5));
  const socket = await rudeSocket(port);
  socket.write(bytes.subarray(0, random.whole(0, bytes.length - 1)));
  await sleep(random.whole(0, 200));
  drop(socket, random);
};

/** Leaves after the request, mostly before there is an answer. */
const leaveBeforeAnswer: ChaosAct = async ({ port, random }) => {
  const does = random.pick([...MISDEEDS, "endless", "flood"]);
  const socket = await rudeSocket(port);
  socket.write(bytesOf(anyCall(random, does, random.next() < 0.7)));
  await sleep(random.whole(0, 30));
  drop(socket, random);
};

/** Leaves in the middle of a stream. */
const leaveMidStream: ChaosAct = async ({ port, random }) => {
  const socket = await rudeSocket(port);
  socket.write(bytesOf(anyCall(random, random.pick(["endless", "flood", "hang"]), true)));
  let left = random.whole(1, 200_000);
  socket.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) drop(socket, random);
  });
  await Promise.race([gone(socket), sleep(random.whole(50, HOLD_MS))]);
  drop(socket, random);
};

/** Takes nothing of a stream and then leaves. */
const stall: ChaosAct = async ({ port, random }) => {
  const socket = await rudeSocket(port);
  socket.pause();
  socket.write(bytesOf(anyCall(random, "flood", true)));
  await sleep(random.whole(500, HOLD_MS));
  drop(socket, random);
};

/** The end of a body in chunked transfer coding. */
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** Says nothing more after the request (FIN), and reads what comes: Node takes such a client for one that left. */
const halfClose: ChaosAct = async ({ port, random }) => {
  const does = random.pick(MISDEEDS);
  const call = anyCall(random, does, true);
  const socket = await rudeSocket(port);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  const closed = gone(socket);
  socket.end(bytesOf(call));
  await closed;
  const { status, body } = parseAnswer(Buffer.concat(chunks));
  const isWhole = status === 200 && body.subarray(-5).equals(LAST_CHUNK);
  if (isWhole) checkWholeStream(call.path, does, chunksOf(body).join(""));
};

/** Opens a connection, says nothing or not enough, and stays a while. */
const sayNothing: ChaosAct = async ({ port, random }) => {
  const socket = await rudeSocket(port);
  socket.write(random.pick(["", "P", "POST /invocations HTTP/1.1\r\nHost: x\r\n", "\r\n\r\n"]));
  await sleep(random.whole(0, HOLD_MS));
  drop(socket, random);
};

const CHUNKED =
  "POST /invocations HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Things that are no request, or no whole one. */
const NONSENSE: readonly ((random: Random) => string | Buffer)[] = [
  (random) =>
    Buffer.from(Array.from({ length: random.whole(1, 5_000) }, () => random.whole(0, 255))),
  () => Buffer.from("1603010200010001fc0303", "hex"),
  () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  () => "GET / HTTP/9.9\r\n\r\n",
  (random) =>
    `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(random.whole(1, 100_000))}\r\n\r\n`,
  () => `${CHUNKED}nonsense\r\n`,
  () => `${CHUNKED}5\r\n{"inp`,
  () => "POST /responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
  () =>
    "POST /responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
  () => "GET /%00%ff/../.. HTTP/1.1\r\nHost: localhost\r\n\r\n",
  () =>
    "GET /health HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
  () => "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200),
];

/** Sends garbage, perhaps behind a whole request on the same connection, and waits for a while. */
const sendGarbage: ChaosAct = async ({ port, random }) => {
  const socket = await rudeSocket(port);
  socket.resume();
  if (random.next() < 0.3) socket.write(rawPost("/invocations", "{}", ["Connection: keep-alive"]));
  socket.write(random.pick(NONSENSE)(random));
  await Promise.race([gone(socket), sleep(random.whole(10, 1_000))]);
  drop(socket, random);
};

/** Every kind of client; those with manners are there several times. */
export const CHAOS_ACTS: readonly ChaosAct[] = [
  readStream,
  readStream,
  readStream,
  waitForAnswer,
  waitForAnswer,
  readSlowly,
  leaveWhileSending,
  leaveBeforeAnswer,
  leaveMidStream,
  leaveMidStream,
  stall,
  halfClose,
  sayNothing,
  sendGarbage,
];
