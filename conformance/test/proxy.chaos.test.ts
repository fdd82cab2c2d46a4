import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, soakSeconds } from "@wheelhouse/test-support";
import { expect, test } from "vitest";
import { open, randomOf, rawHead, serveProxied, until } from "./support/index.js";

const seed = Number(process.env["WHEELHOUSE_CHAOS_SEED"] ?? Date.now() % 1_000_000);
const FIXTURE = join(import.meta.dirname, "fixtures/dying-chat-app.mjs");
const PATHS = ["/api/chunked", "/api/length", "/api/events", "/api/quick", "/api/upload"];

/** What one request came to. */
type Outcome = "whole" | "told" | "broken" | "a false end" | "hangs";

/** Asks once, on a connection of its own, and judges what came back. */
async function ask(port: number, path: string): Promise<Outcome> {
  const socket = await open(port);
  let text = "";
  const state = { isClosed: false };
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("close", () => (state.isClosed = true));
  if (path === "/api/upload") {
    socket.write(rawHead("POST", path, "Content-Length: 300000", "Connection: close"));
    socket.write(Buffer.alloc(300_000, "u"));
  } else {
    socket.write(rawHead("GET", path, "Connection: close"));
  }
  const ends = performance.now() + 10_000;
  while (!state.isClosed && performance.now() < ends) await sleep(5);
  socket.destroy();
  if (!state.isClosed) return "hangs";
  const status = text.slice(9, 12);
  if (["502", "503", "504"].includes(status)) return "told";
  if (status !== "200") return "broken";
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  const isEnded = /content-length/i.test(text.slice(0, text.indexOf("\r\n\r\n")))
    ? body.length === Number(/content-length: (\d+)/i.exec(text)![1])
    : body.endsWith("0\r\n\r\n");
  if (!isEnded) return "broken";
  // Whole answers say so at their end: without it the proxy made an end of its own.
  return body.includes("END") ? "whole" : "a false end";
}

test(`a chat app that is killed at any moment gives no false end and no hang (seed ${seed})`, async () => {
  const random = randomOf(seed);
  const appPort = await freePort();
  let app: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    app = fork(FIXTURE, [String(appPort)]);
    await once(app, "message");
  };
  await start();
  await using served = await serveProxied(appPort);
  const counts = new Map<Outcome, number>();
  const ends = performance.now() + soakSeconds() * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < ends) {
      const path = random.pick(PATHS);
      const outcome = await ask(served.port, path);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  };
  const killer = async (): Promise<void> => {
    while (performance.now() < ends) {
      await sleep(50 + random.next() * 400);
      app!.kill("SIGKILL");
      await once(app!, "exit");
      await sleep(random.next() * 100);
      await start();
    }
  };
  await Promise.all([killer(), ...Array.from({ length: 12 }, client)]);
  app!.kill("SIGKILL");
  expect(counts.get("a false end") ?? 0).toBe(0);
  expect(counts.get("hangs") ?? 0).toBe(0);
  expect(counts.get("whole")).toBeGreaterThan(0);
  expect((counts.get("broken") ?? 0) + (counts.get("told") ?? 0)).toBeGreaterThan(0);
  await until("nothing is left open", () => served.proxy.stats().active === 0);
});
