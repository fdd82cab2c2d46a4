import { fetchOnce, runLoad } from "./lib/http-load.js";
import { nginxPath } from "./lib/nginx-path.js";
import { streamLoad } from "./lib/stream-load.js";
import type { Case, Target, Workload } from "./lib/workload.js";

const STREAMS = 200;

/** Browsers send about as much; what a proxy does for each header is part of its cost. */
const HEADERS = [
  "Host: localhost",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36",
  "Accept: */*",
  "Accept-Language: en",
  "Accept-Encoding: gzip, deflate, br",
  "Cookie: session=0123456789abcdef0123456789abcdef",
];
const get = (path: string): Buffer =>
  Buffer.from([`GET ${path} HTTP/1.1`, ...HEADERS, "", ""].join("\r\n"));

type Proxy = readonly [name: string, server: string];

const PROXIES: readonly Proxy[] = [
  ["http-proxy-3", "proxy-http-proxy-3"],
  ["httpxy", "proxy-httpxy"],
  ["wheelhouse", "proxy-wheelhouse"],
  ...(nginxPath() === undefined ? [] : [["nginx, one worker", "proxy-nginx"] as const]),
] as const;

/** W4: a chat app behind each proxy: 10 KB, 1 MB, and 200 streams of an event every 20 ms. */
export const w4: Workload = {
  id: "w4",
  title: `The chat proxy${nginxPath() === undefined ? " (nginx is not installed: no row of its own)" : ""}`,
  unit: "requests/s",
  behind: "chat-app",
  cases: [
    caseOf("10 KB", (proxy) => assets(...proxy, "/assets/small", 10_240, 32)),
    caseOf("1 MB", (proxy) => assets(...proxy, "/assets/large", 1_048_576, 8)),
    { ...caseOf("SSE", (proxy) => events(...proxy)), unit: "events/s" },
    { ...caseOf("SSE, first event", (proxy) => firstEvent(...proxy)), unit: "ms" },
  ],
};

function caseOf(name: string, target: (proxy: Proxy) => Target): Case {
  return { name, targets: PROXIES.map((proxy) => target(proxy)) };
}

function assets(
  name: string,
  server: string,
  path: string,
  size: number,
  connections: number,
): Target {
  const request = get(path);
  let bytes = 0;
  return {
    name,
    server,
    async check(port) {
      const answer = await fetchOnce(port, request);
      if (!answer.startsWith("HTTP/1.1 200") || answer.length < size)
        throw new Error(`${name}: ${answer.slice(0, 300)}`);
      bytes = answer.length;
    },
    async load(port, milliseconds) {
      const isWhole = (_: Buffer, got: number): boolean => got >= bytes;
      const result = await runLoad({ port, request, connections, milliseconds, isWhole });
      return { value: result.answers / result.seconds, units: result.answers };
    },
  };
}

function events(name: string, server: string): Target {
  const request = get("/api/events");
  return {
    name,
    server,
    check: () => Promise.resolve(),
    async load(port, milliseconds) {
      const result = await streamLoad(port, request, STREAMS, milliseconds);
      return { value: (result.events / milliseconds) * 1000, units: result.events };
    },
  };
}

function firstEvent(name: string, server: string): Target {
  return {
    ...events(name, server),
    async load(port, milliseconds) {
      const result = await streamLoad(port, get("/api/events"), STREAMS, milliseconds);
      return { value: result.firstEventMs, units: result.events };
    },
  };
}
