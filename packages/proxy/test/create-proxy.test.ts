import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { expect, test } from "vitest";
import { createProxy } from "../src/index.js";

async function listen(
  handler: Parameters<typeof createServer>[1],
): Promise<AsyncDisposable & { port: number }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

test("in an Express app it takes what is allowed and leaves the rest", async () => {
  await using chat = await listen((_, response) => {
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.end("ok");
  });
  const proxy = createProxy({ target: `http://localhost:${chat.port}`, notAllowed: "pass" });
  await using served = await listen(
    express()
      .use((request, response, next) => {
        if (!proxy.handle(request, response)) next();
      })
      .get("/mine", (_, response) => void response.send("mine")),
  );
  const url = `http://127.0.0.1:${served.port}`;
  const forwarded = await fetch(`${url}/api/x`);
  expect(await forwarded.text()).toBe("ok");
  expect(forwarded.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await (await fetch(`${url}/mine`)).text()).toBe("mine");
  expect((await fetch(`${url}/api/%00`)).status).toBe(400);
  await proxy.close();
  expect((await fetch(`${url}/api/x`)).status).toBe(503);
});

test("a span is made of each request, without the query, and its traceparent goes on", async () => {
  const seen: unknown[] = [];
  await using chat = await listen((request, response) => {
    seen.push(request.headers.traceparent);
    response.end("ok");
  });
  const told: unknown[] = [];
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const proxy = createProxy({
    target: chat.port,
    tracer: {
      startSpan: ({ name, traceparent }) => {
        told.push(name, traceparent);
        return {
          traceId: traceId as never,
          spanId: "b7ad6b7169203331" as never,
          isRecording: true,
          setAttribute: (key, value) => void told.push([key, value]),
          setInputs: () => {},
          setOutputs: () => {},
          setStatus: () => {},
          end: () => void told.push("end"),
        };
      },
    },
  });
  await using served = await listen((request, response) => void proxy.handle(request, response));
  const incoming = `00-${traceId}-00f067aa0ba902b7-01`;
  await fetch(`http://127.0.0.1:${served.port}/api/x?secret=1`, {
    headers: { traceparent: incoming },
  });
  expect(seen).toEqual([`00-${traceId}-b7ad6b7169203331-01`]);
  expect(told).toEqual([
    "proxy GET",
    incoming,
    ["http.request.method", "GET"],
    ["url.path", "/api/x"],
    ["server.port", chat.port],
    ["http.response.status_code", 200],
    "end",
  ]);
  await proxy.close();
});
