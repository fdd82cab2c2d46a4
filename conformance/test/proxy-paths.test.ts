import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  chatApp,
  commandWith,
  exchange,
  IN,
  parseAnswer,
  post,
  rawGet,
  rawHead,
  serveProxied,
} from "./support/index.js";

const NOT_FOUND = "Not found";

const AGENT = join(import.meta.dirname, "fixtures", "agent.mjs");

/** Starts the command with the proxy on, and variables. */
const startWith = (env: Record<string, string>) =>
  commandWith(env, "start", AGENT, "--port", "0", "--chat-proxy");

describe("the allow-list", () => {
  test("B87 the default paths give the chat app's answer", async () => {
    await using app = await chatApp((request, response) => {
      response.writeHead(request.url === "/api/x" ? 418 : 200, { "content-type": "text/x-own" });
      response.end(`app ${request.url}`);
    });
    await using served = await serveProxied(app.port);
    for (const path of ["/", "/favicon.ico", "/assets/a.js", "/api/x"]) {
      const answer = await fetch(served.url + path);
      expect(answer.status, path).toBe(path === "/api/x" ? 418 : 200);
      expect(answer.headers.get("content-type")).toBe("text/x-own");
      expect(await answer.text()).toBe(`app ${path}`);
    }
  });

  test("B88 /ping and /chat/ are forwarded", async () => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port);
    for (const path of ["/ping", "/chat/1"]) {
      expect(await (await fetch(served.url + path)).text()).toBe("ok");
    }
    expect(app.seen.map(({ url }) => url)).toEqual(["/ping", "/chat/1"]);
  });

  test.each([
    ["B89", "/admin", 404],
    ["B89", "/.env", 404],
    ["B89", "/some/path", 404],
    ["B89", "/chat", 404],
    ["B89", "/Assets/a.js", 404],
    ["B89", "/%61pi/x", 404],
    ["B90", "/assets/../.env", 404],
    ["B90", "/assets/%2e%2e/.env", 404],
    ["B90", "/assets/..%2f.env", 404],
    ["B90", "/assets/%2E%2E/%2e%2e/.env", 404],
    ["B90", "/assets/./a", 404],
    ["B90", "/api/../invocations", 404],
    ["B91", "/assets/%252e%252e/x", 400],
    ["B91", "/assets/%5c..%5cx", 400],
    ["B91", "/assets/%2e%2e%2fx", 400],
    ["B91", "/assets/a%00b", 400],
    ["B91", "/assets/%25252e%25252e/x", 400],
    ["B91", "/assets/%25zz/%252e%252e/x", 400],
    ["B91", "/assets/a%252fb", 400],
    ["B91", "/assets/a%2fb", 400],
    ["B91", "/assets/%c0%ae%c0%ae/x", 400],
    ["B91", "/assets/%25c0%25ae/x", 400],
    ["B91", "/assets/..;/x", 400],
    ["B91", "/assets/a\\..\\x", 400],
    ["B91", "/assets/a%0d%0ab", 400],
    ["B91", "/assets/%", 400],
    ["B91", "/assets/%u002e%u002e/x", 400],
    ["B91", "/assets/a#b", 400],
    ["B91", "/assets/\u00ff", 400],
    ["B92", "/api", 404],
    ["B92", "/assets", 404],
    ["B96", "//api/echo", 404],
    ["B96", "///api/echo", 404],
    ["B96", "/api//echo", 404],
  ] as const)(
    "B89 B90 B91 B92 B96 %s: GET %s is %i and the app gets nothing",
    async (_, target, status) => {
      await using app = await chatApp();
      await using served = await serveProxied(app.port);
      const answer = parseAnswer(
        await exchange(served.port, Buffer.from(rawGet(target), "latin1")),
      );
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toMatch(/^text\/plain|^application\/json/);
      expect(answer.body.toString() === NOT_FOUND).toBe(status === 404);
      expect(app.seen).toEqual([]);
      expect(app.connections()).toBe(0);
    },
  );

  test.each([
    ["B93", "/api/echo/"],
    ["B94", "/api/x%3Fy=1"],
    ["B94", "/api/a%20b%23c"],
    ["B94", "/api/100%25"],
    ["B94", "/api/%E2%82%AC/[id]/(group)/@slot/..x/a..b"],
    ["B95", "/api/echo?a=1&a=2&b=%2F&c=x+y"],
    ["B95", "/api/echo?"],
    ["B95", "/api/echo??x=/../..%2f%00\\&//"],
  ])("B93 B94 B95 %s: the app sees %s byte for byte", async (_, target) => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port);
    const answer = parseAnswer(await exchange(served.port, Buffer.from(rawGet(target), "latin1")));
    expect(answer.status).toBe(200);
    expect(app.seen.map(({ url }) => url)).toEqual([target]);
  });
});

describe("MLflow's variables", () => {
  test("B97 B98 B99 B100 exact paths and prefixes", async () => {
    await using app = await chatApp();
    await using started = await startWith({
      CHAT_APP_PORT: String(app.port),
      CHAT_PROXY_ALLOWED_EXACT_PATHS: " /x , ,/y/",
      CHAT_PROXY_ALLOWED_PATH_PREFIXES: "/_next/,/z",
    });
    const { url } = await started.listening();
    const status = async (path: string): Promise<number> => (await fetch(url + path)).status;
    expect(await status("/x")).toBe(200);
    expect(await status("/y/")).toBe(200);
    expect(await status("/y")).toBe(404);
    expect(await status("/_next/a")).toBe(200);
    expect(await status("/_nextx")).toBe(404);
    expect(await status("/z/a")).toBe(200);
    expect(await status("/zebra")).toBe(404);
    expect(await status("/ping")).toBe(200);
    expect(app.seen.map((seen) => seen.url)).toEqual(["/x", "/y/", "/_next/a", "/z/a", "/ping"]);
    expect(started.stderr()).toMatch(/\/z.{1,4} is taken as .{1,4}\/z\//);
  });

  test("B117 B121 the time-out is a variable too, and a wrong one is told by name", async () => {
    await using app = await chatApp(() => {});
    await using started = await startWith({
      CHAT_APP_PORT: String(app.port),
      CHAT_PROXY_TIMEOUT_SECONDS: "1",
    });
    const { url } = await started.listening();
    const began = performance.now();
    const answer = await fetch(`${url}/api/x`);
    expect(answer.status).toBe(504);
    expect(await answer.text()).not.toBe("");
    expect(performance.now() - began).toBeLessThan(2_000);
    await using wrong = await startWith({
      CHAT_PROXY_TIMEOUT_SECONDS: "abc",
      CHAT_APP_PORT: "99999",
    });
    await expect(wrong.listening()).rejects.toThrow(/CHAT_PROXY_TIMEOUT_SECONDS[^]*CHAT_APP_PORT/);
    expect(wrong.child.exitCode).toBe(2);
  });
});

describe("own routes", () => {
  test("B86 without the proxy / is 404 in our own form", async () => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port, {}, { chatProxy: undefined });
    const answer = await fetch(`${served.url}/`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ detail: "Not Found" });
    expect(app.connections()).toBe(0);
  });

  test("B101 own routes win, whatever the method", async () => {
    await using app = await chatApp();
    const options = { allowedExactPaths: ["/invocations", "/health"] };
    await using served = await serveProxied(app.port, options);
    expect((await fetch(`${served.url}/invocations`)).status).toBe(405);
    expect((await post(`${served.url}/health`, {})).status).toBe(405);
    const answer = await post(`${served.url}/invocations`, IN);
    expect(await answer.json()).toHaveProperty("output");
    expect(app.connections()).toBe(0);
  });

  test("B101 OPTIONS of an own route is not the app's either", async () => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port, { allowedPathPrefixes: ["/"] });
    const raw = await exchange(served.port, rawHead("OPTIONS", "/responses", "Connection: close"));
    expect(parseAnswer(raw).status).toBe(405);
    expect(app.connections()).toBe(0);
  });
});
