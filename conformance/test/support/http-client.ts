import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** A request of {@link HttpClient}. */
export interface HttpCall {
  readonly path: string;
  /** Default `GET`, with a body `POST`. */
  readonly method?: string;
  /** Sent as JSON; a string goes as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How fast a body is read. */
export interface ReadPace {
  /** Milliseconds without reading. */
  readonly pauseMs: number;
  /** How often that is; then the rest is read without a pause. */
  readonly pauses: number;
}

/**
 * A client on `node:http`, whose connections the test can count on: unlike those of `fetch`, they are gone
 * after `close`, a body that is not read holds the server back, and a broken one is an error.
 */
export interface HttpClient extends Disposable {
  /** The answer once its head is there. Rejects when that or the body takes too long. */
  send(call: HttpCall): Promise<IncomingMessage>;
  /** Ends every connection. */
  close(): void;
}

export interface HttpClientOptions {
  /** Whether connections are used again. Default true. */
  readonly keepAlive?: boolean;
  /** Milliseconds for a whole answer. Default 30 000. */
  readonly timeoutMs?: number;
}

/** The time for a whole answer was over. */
export class LateAnswer extends Error {}

/** Makes a client of a server on the loopback interface. */
export function httpClient(port: number, options: HttpClientOptions = {}): HttpClient {
  const { keepAlive = true, timeoutMs = 30_000 } = options;
  const agent = new Agent({ keepAlive });

  const send = ({
    path,
    body,
    headers: own,
    method = body === undefined ? "GET" : "POST",
  }: HttpCall) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const headers =
        text === undefined
          ? { ...own }
          : {
              ...own,
              "content-type": "application/json",
              "content-length": Buffer.byteLength(text),
            };
      const sent = request({ agent, host: "127.0.0.1", port, method, path, headers });
      let answer: IncomingMessage | undefined;
      const timer = setTimeout(() => {
        (answer ?? sent).destroy(new LateAnswer(`no whole answer within ${timeoutMs} ms`));
      }, timeoutMs);
      sent.on("close", () => clearTimeout(timer));
      sent.on("error", reject);
      sent.on("response", (message) => {
        answer = message;
        // A break between two reads would else have no listener; the next read tells of it.
        message.on("error", () => {});
        resolve(message);
      });
      sent.end(text);
    });

  return { send, close: () => agent.destroy(), [Symbol.dispose]: () => agent.destroy() };
}

/** The whole body as text. Rejects when the connection broke before its end. */
export async function readBody(answer: IncomingMessage, pace?: ReadPace): Promise<string> {
  const chunks: Buffer[] = [];
  let paused = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (pace !== undefined && paused++ < pace.pauses) await sleep(pace.pauseMs);
  }
  return Buffer.concat(chunks).toString("utf8");
}
