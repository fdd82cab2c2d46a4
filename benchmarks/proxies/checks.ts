import { type RecordingApp, startEarlyApp } from "./recording-app.js";
import { type Exchange, send, statusOf, waitFor } from "./raw-client.js";

/** One row of the table. */
export interface Check {
  readonly name: string;
  /** Whether a result is what a safe proxy gives. */
  readonly passes: (result: string) => boolean;
  run(port: number, app: RecordingApp): Promise<string>;
}

/** A proxy in front of another app. */
export type StartProxy = (behindPort: number) => Promise<{ port: number; close(): Promise<void> }>;

const CLOSE = "Connection: close";
const request = (method: string, target: string, ...headers: string[]): string =>
  [`${method} ${target} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
const get = (target: string, ...headers: string[]): string => request("GET", target, ...headers);
const upgrade = (target: string): string =>
  get(
    target,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: vite-hmr",
  );
const isRefusal = (result: string): boolean => /^4\d\d$/.test(result);

/** What the app saw of the newest request, else the proxy's own status. */
async function pathSeen(port: number, app: RecordingApp, target: string): Promise<string> {
  const before = app.seen.length;
  const exchange = send(port, get(target, CLOSE));
  await waitFor(() => exchange.isClosed);
  return app.seen.length > before ? `forwards ${app.seen.at(-1)!.url}` : statusOf(exchange);
}

async function leaving(port: number, app: RecordingApp, target: string): Promise<string> {
  const before = app.seen.length;
  const exchange = send(port, get(target));
  await waitFor(() => app.seen.length > before);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const left = performance.now();
  exchange.socket.destroy();
  const seen = app.seen.at(-1)!;
  if (!(await waitFor(() => seen.leftAt !== undefined, 2_000))) return "never";
  return `${Math.round(seen.leftAt! - left)} ms`;
}

const whole = async (exchange: Exchange): Promise<Exchange> => {
  await waitFor(() => exchange.isClosed, 4_000);
  return exchange;
};

/** The rows that one proxy in front of the recording app is put through. */
export const CHECKS: readonly Check[] = [
  {
    name: "SSE head before the first byte (sent at 0, data at 300 ms)",
    passes: (result) => Number.parseInt(result, 10) < 150,
    async run(port) {
      const began = performance.now();
      const exchange = send(port, get("/api/events"));
      await waitFor(() => exchange.firstAt !== undefined);
      exchange.socket.destroy();
      return `${Math.round((exchange.firstAt ?? Number.NaN) - began)} ms`;
    },
  },
  {
    name: "client leaves within SSE: the app is told",
    passes: (result) => result !== "never",
    run: (port, app) => leaving(port, app, "/api/events"),
  },
  {
    name: "client leaves before the head: the app is told",
    passes: (result) => result !== "never",
    run: (port, app) => leaving(port, app, "/api/silent"),
  },
  {
    name: "app dies within a body",
    passes: (result) => result === "aborted",
    async run(port) {
      const exchange = send(port, get("/api/dies"));
      if (!(await waitFor(() => exchange.isClosed, 3_000))) {
        const isWhole = exchange.text.endsWith("0\r\n\r\n");
        exchange.socket.destroy();
        return isWhole ? "clean end" : "hangs";
      }
      return exchange.text.endsWith("0\r\n\r\n") ? "clean end" : "aborted";
    },
  },
  {
    name: "hop-by-hop request headers that reach the app",
    passes: (result) => result === "0",
    async run(port, app) {
      const headers = [
        "Connection: close, x-hop",
        "X-Hop: 1",
        "Keep-Alive: timeout=9",
        "TE: trailers",
        "Proxy-Authorization: Basic x",
        "Proxy-Connection: keep-alive",
      ];
      await whole(send(port, get("/api/x", ...headers)));
      const leaked = ["x-hop", "keep-alive", "te", "proxy-authorization", "proxy-connection"];
      return String(leaked.filter((name) => app.seen.at(-1)!.names.includes(name)).length);
    },
  },
  {
    name: "hop-by-hop response headers that reach the client",
    passes: (result) => result === "0",
    async run(port) {
      const { text } = await whole(send(port, get("/api/headers", CLOSE)));
      return String(
        ["x-hop", "proxy-authenticate"].filter((name) => text.toLowerCase().includes(`${name}:`))
          .length,
      );
    },
  },
  {
    name: "two Set-Cookie headers",
    passes: (result) => result === "2",
    async run(port) {
      const exchange = await whole(send(port, get("/api/cookies", CLOSE)));
      const count = exchange.text.match(/^set-cookie:/gim)?.length;
      return count === undefined ? statusOf(exchange) : String(count);
    },
  },
  {
    name: "spoofed X-Forwarded-For: 6.6.6.6",
    passes: (result) => result === "replaced",
    async run(port, app) {
      await whole(send(port, get("/api/x", CLOSE, "X-Forwarded-For: 6.6.6.6")));
      const value = String(app.seen.at(-1)!.headers["x-forwarded-for"] ?? "");
      if (!value.includes("6.6.6.6")) return "replaced";
      return value === "6.6.6.6" ? "kept" : "appended";
    },
  },
  ...[
    "http://evil.example/secret",
    "/assets/%2e%2e/%2e%2e/.env",
    "/assets/../../.env",
    "/assets/%252e%252e/x",
  ].map((target): Check => ({
    name: `GET ${target}`,
    passes: isRefusal,
    run: (port, app) => pathSeen(port, app, target),
  })),
  {
    name: "Content-Length and Transfer-Encoding in one request",
    passes: (result) => result === "400",
    async run(port) {
      const head = request(
        "POST",
        "/api/x",
        CLOSE,
        "Content-Length: 6",
        "Transfer-Encoding: chunked",
      );
      return statusOf(await whole(send(port, `${head}0\r\n\r\nG`)));
    },
  },
  {
    name: "WebSocket with a subprotocol",
    passes: (result) => result === "yes",
    async run(port) {
      const exchange = send(port, upgrade("/api/ws"));
      const isOpen = await waitFor(() => exchange.text.endsWith("hello"), 2_000);
      exchange.socket.destroy();
      if (!isOpen) return statusOf(exchange);
      return exchange.text.toLowerCase().includes("sec-websocket-protocol: vite-hmr")
        ? "yes"
        : "without it";
    },
  },
  {
    name: "refused upgrade (401) is handed on",
    passes: (result) => result === "401",
    async run(port) {
      const exchange = send(port, upgrade("/api/refused"));
      await waitFor(() => exchange.text !== "" || exchange.isClosed, 2_000);
      exchange.socket.destroy();
      return statusOf(exchange);
    },
  },
  {
    name: "chunked POST of 5 MB",
    passes: (result) => result === "yes",
    async run(port, app) {
      const chunk = `186a0\r\n${"x".repeat(100_000)}\r\n`;
      const head = request("POST", "/api/x", CLOSE, "Transfer-Encoding: chunked");
      const exchange = await whole(send(port, `${head}${chunk.repeat(50)}0\r\n\r\n`));
      return statusOf(exchange) === "200" && app.seen.at(-1)!.bytes === 5_000_000
        ? "yes"
        : statusOf(exchange);
    },
  },
  {
    name: "silent app (limit 1.5 s)",
    passes: (result) => result === "504",
    async run(port) {
      const exchange = send(port, get("/api/silent", CLOSE));
      await waitFor(() => exchange.isClosed || exchange.text !== "", 4_000);
      exchange.socket.destroy();
      return statusOf(exchange);
    },
  },
];

/** The row that needs another app: how many of 12 early 413 answers arrive. */
export async function earlyAnswers(start: StartProxy): Promise<string> {
  const app = await startEarlyApp();
  const proxy = await start(app.port);
  let heard = 0;
  try {
    for (let count = 0; count < 12; count++) {
      const head = request("POST", "/api/x", CLOSE, "Content-Length: 5000000");
      const exchange = await whole(send(proxy.port, head + "x".repeat(5_000_000)));
      exchange.socket.destroy();
      if (statusOf(exchange) === "413") heard++;
    }
  } finally {
    await proxy.close();
    app.close();
  }
  return `${heard} of 12`;
}
