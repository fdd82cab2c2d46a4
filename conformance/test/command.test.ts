import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import {
  builtFile,
  command,
  eventsOf,
  type Frame,
  IN,
  json,
  liveFrames,
  next,
  open,
  post,
  program,
  type RunningProgram,
  until,
} from "./support/index.js";

// A process has to start, and on a busy machine that takes its time.
const SLOW = 60_000;

const AGENT = join(import.meta.dirname, "fixtures", "agent.mjs");
const BLOCKING_AGENT = join(import.meta.dirname, "fixtures", "blocking-agent.mjs");
const SCRIPT = join(import.meta.dirname, "fixtures", "run-agent-server.mjs");
const FAIL = { input: [{ role: "user", content: "fail" }] };

/** Whether something listens on a port of an address. */
const listens = (port: number, host: string): Promise<boolean> =>
  open(port, host).then(
    (socket) => {
      socket.destroy();
      return true;
    },
    () => false,
  );

/** The two programs that serve from the command line take the same flags. */
const PROGRAMS: [string, (...flags: string[]) => Promise<RunningProgram>][] = [
  ["wheelhouse start", (...flags) => command("start", AGENT, ...flags)],
  ["runAgentServer", (...flags) => program(SCRIPT, ...flags)],
];

describe.each(PROGRAMS)("%s", { timeout: SLOW }, (_, run) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`B55 on ${signal} lets a stream end with [DONE] and exits with 0`, async () => {
      await using running = await run("--port", "0");
      const { url, port } = await running.listening();
      const live = liveFrames(await post(`${url}/invocations`, { ...IN, stream: true }));
      const read: Frame[] = [await next(live)];
      const code = running.stop(signal);
      for await (const frame of live) read.push(frame);
      const deltas = eventsOf(read).flatMap((event) => event["delta"] ?? []);
      expect(deltas).toEqual(["first", "last"]);
      expect(await code).toBe(0);
      expect(await listens(port, "127.0.0.1")).toBe(false);
    });
  }

  test("B56 listens on the port it is given", async () => {
    await using first = await run("--port", "0");
    const { port } = await first.listening();
    await first.stop();
    await using second = await run("--port", String(port));
    expect(await second.listening()).toMatchObject({ port });
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });

  test("B56 without --port it is 8000", async () => {
    await using running = await run();
    // Somebody else's server on 8000 shows the default as well: the program says that it cannot have it.
    const port = await running.listening().then(
      (at) => at.port,
      (error: Error) => Number(/\b8000\b/.exec(error.message)?.[0]),
    );
    expect(port).toBe(8000);
  });

  test("B56 --workers 2 serves on one port from two processes, and ends with both", async () => {
    await using running = await run("--port", "0", "--workers", "2");
    const { url, port } = await running.listening();
    const pids = new Set<number>();
    const ask = () => post(`${url}/invocations`, IN, { connection: "close" }).then(json);
    await until(
      "both processes have answered",
      async () => {
        const answers = await Promise.all(Array.from({ length: 8 }, ask));
        for (const answer of answers) pids.add(answer["custom_outputs"].pid);
        return pids.size >= 2;
      },
      30_000,
    );
    expect(pids.size).toBe(2);
    expect(await running.stop()).toBe(0);
    expect(await listens(port, "127.0.0.1")).toBe(false);
  });

  test.runIf(process.platform === "linux")(
    "B57 binds 127.0.0.1 alone, and every interface with --host 0.0.0.0",
    async () => {
      // All of 127.0.0.0/8 is this machine, so 127.0.0.2 is an address that only the second one has.
      await using own = await run("--port", "0");
      const { host, port } = await own.listening();
      expect(host).toBe("127.0.0.1");
      expect(await listens(port, "127.0.0.1")).toBe(true);
      expect(await listens(port, "127.0.0.2")).toBe(false);
      await using all = await run("--port", "0", "--host", "0.0.0.0");
      const { port: everywhere } = await all.listening();
      expect(await listens(everywhere, "127.0.0.2")).toBe(true);
    },
  );
});

/** A port that nothing listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("wheelhouse start", { timeout: SLOW }, () => {
  test("B26 B71 hides errors, logs them under the id, and has no /docs", async () => {
    await using run = await command("start", AGENT, "--port", "0");
    const { url } = await run.listening();
    const response = await post(`${url}/invocations`, FAIL);
    expect(response.status).toBe(500);
    const { detail } = await json(response);
    const id = /^Internal server error \(request (\S+)\)$/.exec(detail)?.[1];
    expect(id).toBe(response.headers.get("x-request-id"));
    await until("the error is logged", () => run.stderr().includes("boom"));
    const line = run
      .stderr()
      .split("\n")
      .find((text) => text.includes(id!));
    expect(line).toContain("boom");
    for (const path of ["/docs", "/openapi.json"])
      expect((await fetch(`${url}${path}`)).status).toBe(404);
  });

  test("B25 shows errors with --expose-errors", async () => {
    await using run = await command("start", AGENT, "--port", "0", "--expose-errors");
    const { url } = await run.listening();
    const response = await post(`${url}/invocations`, FAIL);
    expect(response.status).toBe(500);
    expect((await json(response))["detail"]).toBe("boom");
  });

  test("B71 has /openapi.json with --openapi", async () => {
    await using run = await command("start", AGENT, "--port", "0", "--openapi");
    const { url } = await run.listening();
    expect((await fetch(`${url}/openapi.json`)).status).toBe(200);
  });

  test("B48 /health answers while a handler with the worker option computes", async () => {
    await using run = await command("start", BLOCKING_AGENT, "--port", "0");
    const { url } = await run.listening();
    const compute = (ms: number) =>
      post(`${url}/invocations`, { ...IN, custom_inputs: { ms } }).then(json);
    // The first run also pays for the start of the thread.
    expect(await compute(1)).toMatchObject({
      output: [{ content: [{ text: "computed for 1 ms" }] }],
    });
    const busy = compute(2_000);
    const answer = busy.then(() => "computed");
    for (let n = 0; n < 5; n++) {
      const started = performance.now();
      const health = fetch(`${url}/health`).then((response) => response.status);
      expect(await Promise.race([health, answer])).toBe(200);
      expect(performance.now() - started).toBeLessThan(600);
    }
    expect(await busy).toHaveProperty("output");
  });
});

describe("wheelhouse dev", { timeout: SLOW }, () => {
  test("B25 shows errors", async () => {
    await using run = await command("dev", AGENT, "--port", "0", "--no-reload");
    const { url } = await run.listening();
    const response = await post(`${url}/invocations`, FAIL);
    expect(response.status).toBe(500);
    expect((await json(response))["detail"]).toBe("boom");
  });
});

describe("--reload", { timeout: SLOW }, () => {
  /** Agent modules, and scripts that serve one by themselves, whose only agent says a text. */
  const sources: [string, (text: string) => string, (file: string) => Promise<RunningProgram>][] = [
    [
      "wheelhouse start",
      (text) => `export const agent = ${saying(text)};`,
      (file) => command("start", file, "--port", "0", "--reload"),
    ],
    [
      "runAgentServer",
      (text) =>
        `import { runAgentServer } from ${built("@wheelhouse/agent-server")};
         await runAgentServer({ agents: ${saying(text)} });`,
      async (file) => program(file, "--reload", "--port", String(await freePort())),
    ],
  ];
  const built = (name: string) => JSON.stringify(pathToFileURL(builtFile(name, "index.js")).href);
  const saying = (text: string) =>
    `(await import(${built("@wheelhouse/agent-sdk")})).invoke(() => ({ output: [], custom_outputs: { text: "${text}" } }))`;

  test.each(sources)("B56 %s serves the changed file on the same port", async (_, source, run) => {
    const folder = await mkdtemp(join(tmpdir(), "wheelhouse-reload-"));
    const file = join(folder, "agent.mjs");
    try {
      await writeFile(file, source("before"));
      await using running = await run(file);
      const { url } = await running.listening();
      const ask = () => post(`${url}/invocations`, IN, { connection: "close" }).then(json);
      expect((await ask())["custom_outputs"].text).toBe("before");
      await writeFile(file, source("after"));
      await until(
        "the changed agent answers",
        () =>
          ask().then(
            (answer) => answer["custom_outputs"].text === "after",
            () => false,
          ),
        30_000,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
