import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { Span } from "@wheelhouse/core";
import type { PassedOn } from "@wheelhouse/http";
import type { Dispatcher } from "undici";
import { responseHeaders } from "../headers/response-headers.js";
import type { ProxyContext } from "../proxy-context.js";
import {
  errorCode,
  isConnectionLoss,
  TIMED_OUT,
  UNAVAILABLE,
  upstreamFailure,
  type UpstreamFailure,
} from "../upstream/upstream-failure.js";
import type { Lease } from "../upstream/upstream-pool.js";
import { answerPlainly, type PlainAnswer } from "./answer.js";
import { cutOff } from "./cut-off.js";
import { endAfterRequest, isArriving } from "./linger.js";
import type { Timed } from "./deadlines.js";
import { createUpload } from "./upload.js";

/** A request that may be forwarded. */
export interface RelayParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path and query, as they were judged. */
  readonly target: string;
  /** Names and values in turn, for the chat app. */
  readonly headers: string[];
  readonly hasBody: boolean;
  readonly facts: PassedOn | undefined;
  readonly span: Span | undefined;
}

export const TOO_LARGE: PlainAnswer = { status: 413, text: "The request body is too large" };
const TOO_SLOW: PlainAnswer = { status: 408, text: "The request took too long to arrive" };
/** Methods that may be sent twice, RFC 9110 section 9.2.2. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS"]);

/** Bytes that an answer may be ahead of its client. */
const MOST_AHEAD = 262_144;

/** What the one timer of a request waits for. */
type Waiting = "upload" | "first byte" | "body" | "client" | "nothing";

/**
 * One request on its way to the chat app and the answer on its way back. It ends with the answer, with either
 * side's leaving, or with a time-out; whichever comes first, once.
 *
 * A class, because undici calls it by its methods and there is one for every request. They are the older ones of
 * the two sets that undici 7 takes: the newer set costs each request two objects and its headers another parse.
 */
export class RequestRelay implements Dispatcher.DispatchHandler, Timed {
  deadline = Number.POSITIVE_INFINITY;
  readonly #parts: RelayParts;
  readonly #context: ProxyContext;
  #lease: Lease;
  #resume: (() => void) | undefined;
  #upload: Readable | undefined;
  #waiting: Waiting = "nothing";
  #waitMs = 0;
  #isReused = false;
  #hasRetried = false;
  /** The head has been given to the response. */
  #hasBegun = false;
  #hasBody = false;
  #isEventStream = false;
  /** Bytes that the head announces; undefined when it does not. */
  #length: number | undefined;
  #whole: Buffer | undefined;
  #isOver = false;

  constructor(parts: RelayParts, context: ProxyContext) {
    this.#parts = parts;
    this.#context = context;
    this.#lease = context.pool.lease();
  }

  start(): void {
    const { request, response, hasBody, facts } = this.#parts;
    const { settings, stats, relays, deadlines } = this.#context;
    stats.active++;
    stats.requests++;
    relays.add(this);
    response.on("close", () => this.#onClientClose());
    // A write that meets a closed socket is told by `close`; without a listener it would end the process.
    response.on("error", ignore);
    if (hasBody) {
      if (facts?.expectsContinue === true) response.writeContinue();
      this.#upload = createUpload(request, {
        limit: settings.bodyLimit,
        onChunk: (bytes) => this.#onUploadChunk(bytes),
        onTooLarge: () => this.#answer(TOO_LARGE),
      });
      this.#upload.on("error", ignore);
      this.#upload.once("end", () => {
        if (this.#waiting === "upload") this.#wait("first byte", settings.firstByteTimeoutMs);
      });
      this.#wait("upload", settings.idleTimeoutMs);
    } else {
      this.#wait("first byte", settings.firstByteTimeoutMs);
    }
    deadlines.add(this);
    this.#dispatch();
  }

  #dispatch(): void {
    const { request, target, headers } = this.#parts;
    this.#isReused = this.#lease.isReused();
    this.#lease.client.dispatch(
      {
        path: target,
        method: request.method as Dispatcher.HttpMethod,
        headers,
        body: this.#upload ?? null,
        // The relay's own timer tells the kinds of waiting apart.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      this,
    );
  }

  onConnect(): void {
    // A new connection was made for it after all: the old one is known to be gone.
    if (!this.#lease.isReused()) this.#isReused = false;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (this.#isOver || status < 200) return true;
    const { request, response, facts, span } = this.#parts;
    const { settings, ownOrigins } = this.#context;
    const requestId = facts?.requestId;
    const head = responseHeaders(raw.map(text), { status, ownOrigins, requestId });
    // The rest of an upload that nobody reads ends with the connection.
    if (isArriving(request)) head.headers.push("Connection", "close");
    response.writeHead(status, head.headers);
    span?.setAttribute("http.response.status_code", status);
    this.#hasBegun = true;
    this.#length = head.length;
    this.#isEventStream = head.isEventStream;
    this.#waitForBody(settings.idleTimeoutMs);
    // A small answer's body is in the same read: head and body then leave in one write.
    process.nextTick(flushHead, this);
    this.#resume = resume;
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#isOver) return true;
    const { response } = this.#parts;
    const { stats, settings } = this.#context;
    stats.bytesOut += chunk.length;
    if (!this.#hasBody && chunk.length === this.#length) {
      // All of it: written with the end, which comes in the same turn.
      this.#hasBody = true;
      this.#whole = chunk;
      return true;
    }
    this.#hasBody = true;
    // Node asks for a pause at 16 KiB, less than one read of a large body brings: each would be stopped and started.
    if (response.write(chunk) || response.writableLength < MOST_AHEAD) {
      if (!this.#isEventStream) this.#refresh();
      return true;
    }
    this.#wait("client", settings.idleTimeoutMs);
    response.once("drain", () => this.#onDrain());
    return false;
  }

  onComplete(): void {
    this.#lease.release();
    if (this.#isOver) return;
    const { request, response } = this.#parts;
    this.#settle();
    if (isArriving(request)) {
      if (this.#whole !== undefined) response.write(this.#whole);
      endAfterRequest(request, response);
      return;
    }
    response.end(this.#whole);
    // What was written is still to be taken, and a client that takes nothing does not get for ever.
    if (response.writableNeedDrain) destroyLater(response, this.#context.settings.idleTimeoutMs);
  }

  onError(error: Error): void {
    this.#lease.drop();
    if (this.#isOver) return;
    const canRetry =
      this.#isReused &&
      !this.#hasRetried &&
      !this.#hasBegun &&
      this.#upload === undefined &&
      IDEMPOTENT.has(this.#parts.request.method ?? "") &&
      isConnectionLoss(error);
    if (canRetry) {
      this.#hasRetried = true;
      this.#context.stats.retries++;
      this.#lease = this.#context.pool.lease();
      this.#dispatch();
      return;
    }
    this.#fail(upstreamFailure(error), errorCode(error) ?? error.name);
  }

  /** Sends the head on its own where nothing of the body has come with it (B111). */
  flushHead(): void {
    const { response } = this.#parts;
    if (!this.#hasBody && !this.#isOver && !response.destroyed) response.flushHeaders();
  }

  #onUploadChunk(bytes: number): void {
    this.#context.stats.bytesIn += bytes;
    if (this.#waiting === "upload") this.#refresh();
  }

  #onDrain(): void {
    if (this.#isOver || this.#waiting !== "client") return;
    this.#waitForBody(this.#context.settings.idleTimeoutMs);
    this.#resume?.();
  }

  #onClientClose(): void {
    if (this.#isOver) return;
    this.#context.stats.aborted++;
    this.#settle("the client left");
    this.#lease.drop();
  }

  /** Ends it because the proxy closes. */
  close(): void {
    this.#fail(UNAVAILABLE, "the proxy closed");
  }

  #waitForBody(idleMs: number): void {
    // B118: an event stream may be silent for as long as it likes.
    if (this.#isEventStream) this.#wait("nothing", Number.POSITIVE_INFINITY);
    else this.#wait("body", idleMs);
  }

  #wait(waiting: Waiting, milliseconds: number): void {
    this.#waiting = waiting;
    this.#waitMs = milliseconds;
    this.#refresh();
  }

  #refresh(): void {
    this.deadline = this.#context.deadlines.now() + this.#waitMs;
  }

  onDeadline(): void {
    const { request } = this.#parts;
    const waiting = this.#waiting;
    this.#context.stats.timeouts++;
    // The app that does not read holds the request back: it is not the client that is slow.
    if (waiting === "upload" && isArriving(request) && !request.isPaused()) {
      this.#answer(TOO_SLOW);
    } else if (waiting === "client") {
      this.#settle("the client reads nothing");
      this.#lease.drop();
      this.#parts.response.destroy();
    } else {
      this.#fail(TIMED_OUT, `time-out: ${waiting}`);
    }
  }

  /** Tells the client of a failure of the chat app: by an answer, or where one has begun by a broken connection. */
  #fail(failure: UpstreamFailure, why: string): void {
    if (this.#isOver) return;
    const { request, response, facts } = this.#parts;
    const { settings, stats, onUnavailable } = this.#context;
    if (failure !== TIMED_OUT) stats.upstreamErrors++;
    if (failure === UNAVAILABLE) onUnavailable();
    // Neither the query nor a header: they may hold what nobody should read in a log.
    settings.logger.warn(
      { requestId: facts?.requestId, method: request.method, status: failure.status, why },
      this.#hasBegun ? "The chat app broke off an answer." : "The chat app gave no answer.",
    );
    if (this.#hasBegun) {
      this.#settle(why);
      this.#lease.drop();
      cutOff(response, this.#length !== undefined);
    } else {
      this.#answer(failure, why);
    }
  }

  #answer(answer: PlainAnswer, why?: string): void {
    if (this.#isOver) return;
    const { request, response, facts, span } = this.#parts;
    span?.setAttribute("http.response.status_code", answer.status);
    this.#settle(why ?? answer.text);
    this.#lease.drop();
    if (this.#hasBegun) {
      cutOff(response, this.#length !== undefined);
      return;
    }
    answerPlainly(request, response, answer, facts?.requestId);
  }

  /** The end, once: nothing is waited for any more. */
  #settle(failure?: string): void {
    this.#isOver = true;
    const { span } = this.#parts;
    const { stats, relays, deadlines } = this.#context;
    deadlines.delete(this);
    relays.delete(this);
    this.#upload?.destroy();
    stats.active--;
    if (failure !== undefined) span?.setStatus("error", failure);
    span?.end();
  }
}

const ignore = (): void => {};

function destroyLater(response: ServerResponse, milliseconds: number): void {
  const timer = setTimeout(() => response.destroy(), milliseconds);
  response.once("close", () => clearTimeout(timer));
}

const flushHead = (relay: RequestRelay): void => relay.flushHead();

/** Header bytes as text, one character a byte: what is written to the client is what came. */
const text = (bytes: Buffer): string => bytes.toString("latin1");
