import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { collectSse, freePort, tempDir, until } from "@wheelhouse/test-support";
import { describe, expect, test, vi } from "vitest";
import { silentLogger } from "@wheelhouse/core";
import { resolveConfig, serve } from "../src/index.js";
import { version } from "../src/version.js";
import { answerOf, ask, fixture, runCommand } from "./support/run-command.js";

const START = ["start", "--port", "0", "--json"];

/** Each test starts one process or several; a machine that is busy takes its time. */
vi.setConfig({ testTimeout: 45_000 });

describe("usage", () => {
  test("--version prints the version, --help the commands with examples", async () => {
    await using asked = runCommand(["--version"]);
    await using helped = runCommand(["--help"]);
    await using start = runCommand(["start", "--help"]);
    expect(await asked.exit()).toBe(0);
    expect(asked.stdout()).toBe(`${version()}\n`);
    expect(await helped.exit()).toBe(0);
    expect(helped.stdout()).toMatch(
      /dev \[options\] \[module\][\s\S]*Examples:[\s\S]*wheelhouse dev agent\.ts/,
    );
    expect(await start.exit()).toBe(0);
    expect(start.stdout()).toContain("--allowed-host <hosts...>");
  });

  test.each([
    [[], "say what to do"],
    [["serve"], "unknown command 'serve'"],
    [["start", "--prot", "1"], "Did you mean --port?"],
    [["start", "a.ts", "b.ts"], "too many arguments"],
    [["start", "--port"], "argument missing"],
  ])("%j is refused with exit code 2", async (args, told) => {
    await using command = runCommand(args);
    expect(await command.exit()).toBe(2);
    expect(command.stderr()).toContain(told);
    expect(command.stderr()).toContain("--help");
    expect(command.stdout()).toBe("");
  });

  test("a bad configuration names every problem and ends with exit code 2", async () => {
    await using dir = await tempDir();
    writeFileSync(join(dir.path, "wheelhouse.config.json"), '{"wokers": 2}');
    await using command = runCommand(
      ["start", "--port", "http", "--expose-errors", "--host", "0.0.0.0"],
      {
        cwd: dir.path,
        env: { WHEELHOUSE_GRACE: "soon", CHAT_APP_PORT: "99999" },
      },
    );
    expect(await command.exit()).toBe(2);
    expect(command.stderr()).toContain("5 errors");
    for (const told of [
      "--port",
      '"wokers"',
      "WHEELHOUSE_GRACE",
      "CHAT_APP_PORT",
      "--expose-errors",
    ]) {
      expect(command.stderr()).toContain(`  ${told === '"wokers"' ? dir.path : told}`);
    }
    expect(command.stderr()).toContain('did you mean "workers"?');
  });
});

describe("start", () => {
  test("B57 binds 127.0.0.1 and tells the real port and the agents", async () => {
    await using command = runCommand([...START, fixture("decorated-agent.ts")]);
    const { url, host, port, agents } = await command.listening();
    expect(port).toBeGreaterThan(0);
    expect(host).toBe("127.0.0.1");
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(agents).toEqual([{ name: "agent", handlers: ["invoke", "stream"] }]);
    expect(await answerOf(await ask(url, "hi"))).toBe("hello from a decorated agent");
  });

  test("B56 --port N listens on N, and a person reads what to try next", async () => {
    const port = await freePort();
    await using command = runCommand(["start", "--port", `${port}`, fixture("two-agents.ts")]);
    await until(() => command.stdout().includes("OpenAI SDK"), { timeoutMs: 20_000 });
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    expect(command.stdout()).toContain(`Listening on http://127.0.0.1:${port}\n`);
    expect(command.stdout()).toContain("Agents: one (invoke), two (invoke)");
    expect(command.stdout()).toContain("/agents/one/invocations");
    expect(command.stdout()).toContain(`baseURL: "http://127.0.0.1:${port}/v1"`);
    expect(command.stdout()).not.toContain("\u001b");
    // What the message says to try works.
    const body = /curl -N \S+\/responses .* -d '(.*)'/.exec(command.stdout())?.[1];
    const answer = await fetch(`http://127.0.0.1:${port}/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body ?? "",
    });
    const frames = await collectSse(answer);
    expect(frames.at(-1)?.data).toBe("[DONE]");
  });

  test("B26 B228 hides what a handler throws from clients and logs it with the request id", async () => {
    await using command = runCommand([...START, fixture("slow-agent.ts")]);
    const { url } = await command.listening();
    const response = await ask(url, "boom");
    const requestId = response.headers.get("x-request-id");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      detail: `Internal server error (request ${requestId})`,
    });
    await until(() => command.stderr().includes("boom"));
    const line = command
      .stderr()
      .split("\n")
      .find((text) => text.includes("boom"));
    expect(JSON.parse(line!)).toMatchObject({ level: "error" });
    expect(line).toContain(requestId!);
    expect(line).toContain("slow-agent.ts");
  });

  test("B71 has no /docs and no /openapi.json", async () => {
    await using command = runCommand([...START, fixture("plain-agent.mjs")]);
    const { url } = await command.listening();
    for (const path of ["/docs", "/openapi.json"]) {
      expect((await fetch(url + path)).status).toBe(404);
    }
  });

  test("limits, names and prefixes reach the server", async () => {
    await using command = runCommand([
      ...START,
      fixture("plain-agent.mjs"),
      "--name=My agents",
      "--static-prefix=/my-app",
      "--body-limit=1kb",
      "--allowed-host=app.example",
      "--allowed-origin=https://app.example",
    ]);
    const { url } = await command.listening();
    expect(await (await fetch(`${url}/agent/info`)).json()).toMatchObject({ name: "My agents" });
    expect((await ask(`${url}/my-app`, "hi")).status).toBe(200);
    expect((await ask(url, "x".repeat(2000))).status).toBe(413);
    const from = (origin: string) =>
      fetch(`${url}/v1/models`, { headers: { origin } }).then(({ status }) => status);
    expect(await from("https://app.example")).toBe(200);
    expect(await from("https://other.example")).toBe(403);
  });

  test("a TypeScript agent's worker option runs it in a thread that loads TypeScript too", async () => {
    await using command = runCommand([...START, fixture("worker-agent.ts")]);
    const { url } = await command.listening();
    expect(await answerOf(await ask(url, "where"))).toBe("a worker thread");
  });

  test("a rejected promise that nothing handles is logged and the server goes on", async () => {
    await using command = runCommand([...START, fixture("slow-agent.ts")]);
    const { url, pid } = await command.listening();
    expect((await ask(url, "reject")).status).toBe(200);
    await until(() => command.stderr().includes("stray rejection"));
    expect(await answerOf(await ask(url, "hi"))).toBe(`pid ${pid}`);
  });

  test("an exception that nothing caught is logged, running work ends, and so does the process", async () => {
    await using command = runCommand([...START, fixture("slow-agent.ts")]);
    const { url } = await command.listening();
    const streaming = collectSse(await ask(url, "polite", { stream: true }));
    await ask(url, "throw");
    expect((await streaming).at(-1)?.data).toBe("[DONE]");
    expect(await command.exit()).toBe(1);
    expect(command.stderr()).toContain("stray exception");
  });
});

test("serve() is the command without its processes, for scripts", async () => {
  await using state = await tempDir();
  const config = resolveConfig({
    command: "start",
    env: { WHEELHOUSE_HOME: state.path },
    cwd: "/",
    flags: { module: fixture("plain-agent.mjs"), port: 0, json: true },
  });
  const server = await serve(config, { logger: silentLogger });
  expect(await answerOf(await ask(server.url, "hi"))).toBe("plain JavaScript");
  await server.close({ graceMs: 1000 });
  await expect(fetch(`${server.url}/health`)).rejects.toThrow("fetch failed");
});

describe("what keeps it from starting", () => {
  test("an agent's code that ends the process is told, and is no orderly end", async () => {
    await using dir = await tempDir();
    const sdk = JSON.stringify(import.meta.resolve("@wheelhouse/agent-sdk"));
    writeFileSync(join(dir.path, "at-once.mjs"), "process.exit(0);");
    writeFileSync(
      join(dir.path, "later.mjs"),
      `import { invoke } from ${sdk};
      export const agent = invoke(() => process.exit(0));`,
    );
    await using atOnce = runCommand([...START, join(dir.path, "at-once.mjs")]);
    expect(await atOnce.exit()).toBe(1);
    expect(atOnce.stderr()).toContain("ended the process while it loaded (exit code 0)");
    await using later = runCommand([...START, join(dir.path, "later.mjs")]);
    const { url } = await later.listening();
    await expect(ask(url, "hi")).rejects.toThrow("fetch failed");
    expect(await later.exit()).toBe(1);
    expect(later.stderr()).toContain("ended the process while it served (exit code 0)");
  });

  test.skipIf(process.platform === "win32").each([
    [["/dev/zero"], "The agent module /dev/zero is not a file."],
    [["x".repeat(5_000)], "cannot be reached: "],
    [["--config", "/dev/zero"], "/dev/zero: it is not a file"],
  ])("%j is one clear line", async (args, told) => {
    await using command = runCommand(["start", "--port", "0", ...args]);
    expect([1, 2]).toContain(await command.exit());
    expect(command.stderr()).toContain(told);
    expect(command.stderr()).not.toContain("    at ");
  });

  test.each([[[]], [["--workers", "2"]], [["--reload"]]])(
    "a port in use is one clear line and exit code 1 (%j)",
    async (args) => {
      const other = createServer().listen(0, "127.0.0.1");
      await once(other, "listening");
      const { port } = other.address() as AddressInfo;
      try {
        const module = fixture("plain-agent.mjs");
        await using command = runCommand(["start", module, "--port", `${port}`, ...args]);
        expect(await command.exit()).toBe(1);
        expect(command.stderr()).toMatch(
          new RegExp(`^wheelhouse: Port ${port} on 127.0.0.1 is in use: .*--port 0 .*\\n$`),
        );
      } finally {
        other.close();
      }
    },
  );

  test.each([[[]], [["--workers", "2"]]])(
    "a module that throws, with its stack (%j)",
    async (args) => {
      await using dir = await tempDir();
      writeFileSync(join(dir.path, "agent.ts"), 'throw new Error("no key");');
      await using command = runCommand(["start", "--port", "0", ...args], { cwd: dir.path });
      expect(await command.exit()).toBe(1);
      expect(command.stderr()).toMatch(/Error: no key\n {4}at .*agent\.ts:1:7/);
    },
  );

  test("JavaScript that does not parse, with the place and without Node's own stack", async () => {
    await using dir = await tempDir();
    writeFileSync(join(dir.path, "agent.mjs"), "const fine = 1;\nconst const;\n");
    await using command = runCommand(["start", "--port", "0"], { cwd: dir.path });
    expect(await command.exit()).toBe(1);
    expect(command.stderr()).toMatch(/agent\.mjs:2\nconst const;\n {6}\^+\n\nSyntaxError: /);
    expect(command.stderr()).not.toContain("node:");
  });

  test("processes that end while they start: the third in a row ends the command", async () => {
    await using dir = await tempDir();
    writeFileSync(join(dir.path, "agent.ts"), "process.exit(3);");
    await using command = runCommand(["start", "--port", "0", "--workers", "2"], { cwd: dir.path });
    expect(await command.exit()).toBe(1);
    expect(command.stderr()).toContain("ended while it started (exit code 3)");
  });
});
