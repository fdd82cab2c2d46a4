import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { freePort, tempDir, until } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import { deltaText, events, IN, outputText, post, postJson } from "./support/http.js";
import { program } from "./support/program.js";

const SLOW = 60_000;
const say = (content: string) => ({ input: [{ role: "user", content }], stream: true });

/** The process and the answer of one request; each on a connection of its own, so that any worker may answer. */
async function ask(url: string): Promise<{ pid: number; text: string }> {
  const response = await post(`${url}/responses`, IN, { headers: { connection: "close" } });
  const { output } = (await response.json()) as { output: never[] };
  const text = outputText(output);
  return { pid: Number(text.split(" ")[0]), text };
}

/** The processes that answer, when there are two. */
async function twoPids(url: string): Promise<number[]> {
  const pids = new Set<number>();
  await until(
    async () => {
      pids.add((await ask(url)).pid);
      return pids.size === 2;
    },
    { timeoutMs: 20_000, what: "two processes that answer" },
  );
  return [...pids];
}

describe("one process", { timeout: SLOW }, () => {
  test("B56 B57 --port is where it listens, on the loopback interface", async () => {
    const port = await freePort();
    await using run = program(["--port", String(port)]);
    expect(await run.url()).toBe(`http://127.0.0.1:${port}`);
    expect((await ask(await run.url())).pid).toBe(run.pid);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const)
    test(`B55 ${signal} lets a stream end, then the script exits with 0`, async () => {
      await using run = program(["--port", "0"]);
      const response = await post(`${await run.url()}/responses`, say("until draining"));
      run.child.kill(signal);
      expect(deltaText(await events(response))).toMatch(/ an answer to the end$/);
      expect(await run.ended()).toBe(0);
    });

  test("B55 an author that does not end, whose client has left, does not keep the script", async () => {
    await using run = program(["--port", "0"]);
    const client = new AbortController();
    const asked = await post(`${await run.url()}/responses`, say("forever"), {
      signal: client.signal,
    });
    await asked.body!.getReader().read();
    client.abort();
    run.child.kill("SIGTERM");
    expect(await run.ended()).toBe(0);
  });

  test("a second signal ends it at once", async () => {
    await using run = program(["--port", "0"]);
    const asked = await post(`${await run.url()}/responses`, say("forever"));
    const reading = asked.text().catch(() => "");
    run.child.kill("SIGTERM");
    await until(async () => (await fetch(`${await run.url()}/readyz`)).status === 503);
    const began = performance.now();
    run.child.kill("SIGTERM");
    await run.ended();
    await reading;
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  test("a port that is taken ends it with code 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await using run = program(["--port", String(port)]);
    expect(await run.ended()).toBe(1);
    expect(run.output()).toContain(String(port));
    other.close();
  });
});

describe("--workers 2", { timeout: SLOW }, () => {
  test("B56 answers on one port from two processes; SIGTERM drains both; none is left", async () => {
    await using run = program(["--port", "0", "--workers", "2"]);
    const url = await run.url();
    const pids = await twoPids(url);
    expect(pids).not.toContain(run.pid);
    const response = await post(`${url}/responses`, say("until draining"));
    run.child.kill("SIGTERM");
    expect(deltaText(await events(response))).toMatch(/ to the end$/);
    expect(await run.ended()).toBe(0);
    await until(() => run.left().length === 0);
  });

  test("Ctrl-C, which every process of the group gets, drains too", async () => {
    await using run = program(["--port", "0", "--workers", "2"]);
    const response = await post(`${await run.url()}/responses`, say("until draining"));
    process.kill(-run.pid, "SIGINT");
    expect(deltaText(await events(response))).toMatch(/ to the end$/);
    expect(await run.ended()).toBe(0);
    await until(() => run.left().length === 0);
  });

  test("a worker that dies is replaced", async () => {
    // Not port 0: without a worker that listens it would be given anew.
    await using run = program(["--port", String(await freePort()), "--workers", "2"]);
    const url = await run.url();
    const first = await twoPids(url);
    const [killed] = first;
    process.kill(killed!, "SIGKILL");
    await until(() => !run.left().includes(killed!));
    await until(() => run.left().length === 3, { timeoutMs: 20_000 });
    const second = await twoPids(url);
    expect(second).not.toContain(killed);
  });

  test("a second signal does not wait for the drain, and leaves nothing", async () => {
    await using run = program(["--port", "0", "--workers", "2"]);
    const asked = await post(`${await run.url()}/responses`, say("forever"));
    const reading = asked.text().catch(() => "");
    run.child.kill("SIGTERM");
    await until(async () => (await fetch(`${await run.url()}/readyz`)).status === 503);
    const began = performance.now();
    run.child.kill("SIGTERM");
    expect(await run.ended()).toBe(1);
    expect(performance.now() - began).toBeLessThan(1_500);
    await reading;
    await until(() => run.left().length === 0);
  });

  test("workers end when the process that looks after them is killed", async () => {
    await using run = program(["--port", "0", "--workers", "2"]);
    const url = await run.url();
    await until(() => run.left().length === 3, { timeoutMs: 20_000 });
    run.child.kill("SIGKILL");
    await until(() => run.left().length === 0, { timeoutMs: 10_000 });
    await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
  });

  test("a port that is taken ends it with code 1, and does not try forever", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await using run = program(["--port", String(port), "--workers", "2"]);
    expect(await run.ended()).toBe(1);
    await until(() => run.left().length === 0);
    other.close();
  });
});

describe("--reload", { timeout: SLOW }, () => {
  test("B56 restarts on change; a signal ends it and leaves nothing", async () => {
    await using folder = await tempDir();
    const file = join(folder.path, "answer.mjs");
    await writeFile(file, `export const answer = "first";\n`);
    const port = await freePort();
    await using run = program(["--reload", "--port", String(port)], { ANSWER_FILE: file });
    const url = await run.url();
    expect((await ask(url)).text).toContain("first");
    await writeFile(file, `export const answer = "second";\n`);
    await until(async () => (await ask(url)).text.includes("second"), { timeoutMs: 30_000 });
    run.child.kill("SIGTERM");
    expect(await run.ended()).toBe(0);
    await until(() => run.left().length === 0);
    await expect(postJson(`${url}/invocations`, IN)).rejects.toThrow("fetch failed");
  });

  test("Ctrl-C drains, ends it and leaves nothing", async () => {
    await using run = program(["--reload", "--port", "0"]);
    const response = await post(`${await run.url()}/responses`, say("until draining"));
    process.kill(-run.pid, "SIGINT");
    expect(deltaText(await events(response))).toMatch(/ to the end$/);
    expect(await run.ended()).toBe(0);
    await until(() => run.left().length === 0);
  });
});
