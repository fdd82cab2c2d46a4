import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import {
  chatApp,
  exchange,
  open,
  parseAnswer,
  rawGet,
  rawHead,
  serveProxied,
} from "./support/index.js";

/** All values of a header in a raw head. */
function valuesOf(raw: Buffer, name: string): string[] {
  const head = raw.subarray(0, raw.indexOf("\r\n\r\n")).toString("latin1");
  return head
    .split("\r\n")
    .slice(1)
    .map((line) => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ])
    .filter(([key]) => key === name)
    .map(([, value]) => value!);
}

const pairs = (raw: readonly string[], name: string): string[] =>
  raw.filter((_, at) => at % 2 === 1 && raw[at - 1]!.toLowerCase() === name);

describe("requests", () => {
  test.each(["POST", "PUT", "PATCH"])(
    "B102 %s passes method, body and content type unchanged",
    async (method: string) => {
      await using app = await chatApp();
      await using served = await serveProxied(app.port);
      const headers = { "content-type": "application/x-own; a=b" };
      const body = "b\u0000\u00e9";
      const sent = { method, headers, body };
      const answer = await fetch(`${served.url}/api/echo`, sent);
      expect(answer.status).toBe(200);
      const [seen] = app.seen;
      expect(seen).toMatchObject({ method, body: Buffer.from("b\u0000\u00e9").toString("latin1") });
      expect(seen!.headers).toMatchObject({ ...headers, "content-length": "4" });
    },
  );

  test("B102 a chunked body of 5 MB arrives whole", async () => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port);
    const socket = await open(served.port);
    socket.write(rawHead("POST", "/api/echo", "Transfer-Encoding: chunked", "Connection: close"));
    const chunk = Buffer.alloc(50_000, "x");
    for (let count = 0; count < 100; count++) {
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      socket.write("\r\n");
    }
    socket.write("0\r\n\r\n");
    let raw = "";
    for await (const part of socket) raw += String(part);
    expect(raw).toContain("200 OK");
    expect(app.seen[0]!.body.length).toBe(5_000_000);
    expect(app.seen[0]!.headers["content-length"]).toBeUndefined();
  });

  test.each(["DELETE", "GET", "OPTIONS"])("B103 %s with a body passes it", async (method) => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port);
    const head = rawHead(method, "/api/echo", "Content-Length: 5", "Connection: close");
    expect(parseAnswer(await exchange(served.port, `${head}hello`)).status).toBe(200);
    expect(app.seen).toMatchObject([{ method, body: "hello" }]);
  });

  test("B104 HEAD gives the app's content length and no body", async () => {
    await using app = await chatApp((_, response) => {
      response.writeHead(200, { "content-length": 12_345 }).end();
    });
    await using served = await serveProxied(app.port);
    const head = rawHead("HEAD", "/api/file", "Connection: close");
    const answer = parseAnswer(await exchange(served.port, head));
    expect(answer.headers.get("content-length")).toBe("12345");
    expect(answer.body.length).toBe(0);
    expect(app.seen[0]!.method).toBe("HEAD");
  });

  test("B105 OPTIONS is forwarded, preflights too", async () => {
    await using app = await chatApp((_, response) =>
      response.writeHead(204, { "x-own": "1" }).end(),
    );
    await using served = await serveProxied(app.port);
    const answer = await fetch(`${served.url}/api/echo`, {
      method: "OPTIONS",
      headers: { origin: "https://other.example", "access-control-request-method": "PUT" },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("x-own")).toBe("1");
  });

  test("B106 the app is told its own Host", async () => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port, {}, { allowedHosts: ["public.example"] });
    await exchange(
      served.port,
      "GET /api/x HTTP/1.1\r\nHost: public.example\r\nConnection: close\r\n\r\n",
    );
    expect(pairs(app.seen[0]!.rawHeaders, "host")).toEqual([`localhost:${app.port}`]);
    expect(app.seen[0]!.headers["x-forwarded-host"]).toBe("public.example");
  });

  test("B107 hop-by-hop headers do not reach the app, nor those that Connection names", async () => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port);
    await exchange(
      served.port,
      rawGet(
        "/api/x",
        "Connection: X-Hop, x-other",
        "X-Hop: 1",
        "X-Other: 2",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Trailer: x",
        "Proxy-Authorization: Basic abc",
        "Proxy-Connection: keep-alive",
        "Upgrade: h2c",
        "HTTP2-Settings: abc",
        "X-Kept: yes",
        "x-KEPT: again",
      ),
    );
    const names = app.seen[0]!.rawHeaders.filter((_, at) => at % 2 === 0);
    expect(names.join(" ")).not.toMatch(
      /x-hop|x-other|keep-alive|\bte\b|trailer|proxy-|upgrade|http2/i,
    );
    expect(app.seen[0]!.headers.connection).toBe("keep-alive");
    expect(names).toEqual(expect.arrayContaining(["X-Kept", "x-KEPT"]));
    expect(pairs(app.seen[0]!.rawHeaders, "x-kept")).toEqual(["yes", "again"]);
  });

  test("B122 identity headers pass by default and can be kept to trusted proxies", async () => {
    await using app = await chatApp();
    const headers = { authorization: "Bearer abc", "x-forwarded-access-token": "token" };
    await using lenient = await serveProxied(app.port);
    await fetch(`${lenient.url}/api/x`, { headers });
    expect(app.seen[0]!.headers).toMatchObject(headers);
    const identityHeaders = "strip-untrusted";
    await using strict = await serveProxied(app.port, { identityHeaders });
    await fetch(`${strict.url}/api/x`, { headers: { ...headers, x_forwarded_user: "me" } });
    expect(Object.keys(app.seen[1]!.headers).join(" ")).not.toMatch(
      /authorization|token|forwarded.user/,
    );
    await using behind = await serveProxied(app.port, {
      identityHeaders,
      trustedProxies: ["127.0.0.1"],
    });
    await fetch(`${behind.url}/api/x`, { headers });
    expect(app.seen[2]!.headers).toMatchObject(headers);
  });

  test("B123 forwarding headers tell what was seen here, and are appended behind a trusted proxy", async () => {
    await using app = await chatApp();
    const sent = [
      "X-Forwarded-For: 6.6.6.6",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: evil.example",
      "X_Forwarded_Host: evil.example",
      "Forwarded: for=6.6.6.6",
      "X-Real-IP: 6.6.6.6",
      "X-Original-URL: /admin",
    ];
    await using direct = await serveProxied(app.port);
    await exchange(direct.port, rawGet("/api/x", ...sent));
    const seen = app.seen[0]!;
    expect(seen.headers).toMatchObject({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "localhost",
      "x-forwarded-port": "80",
      forwarded: "for=127.0.0.1;host=localhost;proto=http",
    });
    expect(JSON.stringify(seen.rawHeaders)).not.toMatch(/6\.6\.6\.6|evil|admin/);

    await using behind = await serveProxied(app.port, {}, { trustedProxies: ["127.0.0.0/8"] });
    await exchange(behind.port, rawGet("/api/x", ...sent.slice(0, 3), "X-Forwarded-For: 10.0.0.1"));
    expect(app.seen[1]!.headers).toMatchObject({
      "x-forwarded-for": "6.6.6.6, 10.0.0.1, 127.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
      "x-forwarded-port": "443",
    });
  });
});

describe("answers", () => {
  test("B107 hop-by-hop headers of an answer stay behind, and it has one date", async () => {
    await using app = await chatApp((_, response) => {
      response.sendDate = false;
      response.writeHead(200, [
        ["Connection", "x-hop, close"],
        ["X-Hop", "1"],
        ["Keep-Alive", "timeout=99"],
        ["Proxy-Authenticate", "Basic"],
        ["Trailer", "x"],
        ["Date", "Thu, 01 Jan 1970 00:00:00 GMT"],
        ["X-Kept", "a"],
        ["x-kept", "b"],
      ] as never);
      response.end("ok");
    });
    await using served = await serveProxied(app.port);
    const raw = await exchange(served.port, rawGet("/api/x"));
    expect(valuesOf(raw, "date")).toEqual(["Thu, 01 Jan 1970 00:00:00 GMT"]);
    expect(valuesOf(raw, "connection")).toEqual(["close"]);
    for (const name of ["x-hop", "keep-alive", "proxy-authenticate", "trailer"])
      expect(valuesOf(raw, name), name).toEqual([]);
    expect(valuesOf(raw, "x-kept")).toEqual(["a", "b"]);
  });

  test("B107 an answer without a date gets one", async () => {
    await using app = await chatApp((_, response) => {
      response.sendDate = false;
      response.end("ok");
    });
    await using served = await serveProxied(app.port);
    expect(valuesOf(await exchange(served.port, rawGet("/api/x")), "date")).toHaveLength(1);
  });

  test("B108 two cookies are two headers", async () => {
    await using app = await chatApp((_, response) => {
      response.setHeader("set-cookie", ["a=1; Path=/, x", "b=2"]);
      response.end();
    });
    await using served = await serveProxied(app.port);
    const raw = await exchange(served.port, rawGet("/api/x"));
    expect(valuesOf(raw, "set-cookie")).toEqual(["a=1; Path=/, x", "b=2"]);
  });

  test("B119 redirects pass through and are not followed", async () => {
    const targets = ["/elsewhere", "https://other.example/x?y#z", "relative"];
    await using app = await chatApp((request, response) => {
      response.writeHead(302, { location: targets[Number(request.url!.at(-1))] }).end();
    });
    await using served = await serveProxied(app.port);
    for (const [at, target] of targets.entries()) {
      const answer = await fetch(`${served.url}/api/${at}`, { redirect: "manual" });
      expect(answer.status).toBe(302);
      expect(answer.headers.get("location")).toBe(target);
    }
    expect(app.seen).toHaveLength(3);
  });

  test("B119 a redirect to the app's own address leads back here", async () => {
    await using app = await chatApp((request, response) => {
      const host = request.url === "/api/1" ? `127.0.0.1:${app.port}` : request.headers.host;
      response.writeHead(302, { location: `http://${host}/next?x=1` }).end();
    });
    await using served = await serveProxied(app.port);
    for (const path of ["/api/0", "/api/1"]) {
      const answer = await fetch(served.url + path, { redirect: "manual" });
      expect(answer.headers.get("location")).toBe("/next?x=1");
    }
  });

  test.each([204, 304])("B120 %i passes with its etag", async (status) => {
    await using app = await chatApp((_, response) => {
      response.writeHead(status, { etag: '"v1"' }).end();
    });
    await using served = await serveProxied(app.port);
    const raw = await exchange(served.port, rawGet("/api/x", 'If-None-Match: "v1"'));
    const answer = parseAnswer(raw);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("etag")).toBe('"v1"');
    expect(answer.body.length).toBe(0);
  });

  test("B89 the connection goes on after a refusal", async () => {
    await using app = await chatApp();
    await using served = await serveProxied(app.port);
    const all = rawHead("GET", "/admin") + rawHead("GET", "/api/%00") + rawGet("/api/x");
    const raw = (await exchange(served.port, all)).toString();
    expect(raw.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 404", "HTTP/1.1 400", "HTTP/1.1 200"]);
  });

  test("B120 the connection goes on after answers without a body", async () => {
    await using app = await chatApp((request, response) => {
      response.writeHead(request.url === "/api/0" ? 204 : 304).end();
    });
    await using served = await serveProxied(app.port);
    const socket = connect(served.port, "127.0.0.1");
    let raw = "";
    socket.on("data", (chunk: Buffer) => (raw += chunk.toString("latin1")));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(rawHead("GET", "/api/0") + rawHead("GET", "/api/1") + rawGet("/api/2"));
    await closed;
    expect(raw.match(/^HTTP\/1\.1 \d+/gm)).toEqual([
      "HTTP/1.1 204",
      "HTTP/1.1 304",
      "HTTP/1.1 304",
    ]);
  });
});
