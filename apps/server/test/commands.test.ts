import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { collectSse, freePort, tempDir, until } from "@wheelhouse/test-support";
import { describe, expect, test, vi } from "vitest";
import { silentLogger } from "@wheelhouse/core";
import { resolveConfig, serve } from "../src/index.js";
import { version } from "../src/version.js";
import { alive, answerOf, ask, fixture, runCommand } from "./support/run-command.js";

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
  const config = resolveConfig({
    command: "start",
    env: {},
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

describe("stop signals", () => {
  test.each([
    ["one process", []],
    ["two workers", ["--workers", "2"]],
    ["a reloading server", ["--reload"]],
  ])("B55 SIGTERM: a running stream ends with [DONE], exit code 0 (%s)", async (_, args) => {
    await using command = runCommand([...START, fixture("slow-agent.ts"), ...args]);
    const { url } = await command.listening();
    const response = await ask(url, "polite", { stream: true });
    const streaming = collectSse(response);
    const signalled = performance.now();
    process.kill(command.pid, "SIGTERM");
    const frames = await streaming;
    expect(frames.at(-1)?.data).toBe("[DONE]");
    expect(frames.some(({ data }) => data.includes("the end"))).toBe(true);
    expect(await command.exit()).toBe(0);
    expect(performance.now() - signalled).toBeLessThan(10_000);
  });

  test("B55 a stream that does not end by itself ends with [DONE] within --grace, exit code 0", async () => {
    await using command = runCommand([...START, fixture("slow-agent.ts"), "--grace", "1"]);
    const { url } = await command.listening();
    const streaming = collectSse(await ask(url, "deaf", { stream: true }));
    process.kill(command.pid, "SIGINT");
    expect((await streaming).at(-1)?.data).toBe("[DONE]");
    expect(await command.exit()).toBe(0);
  });

  test.each([
    ["one process", []],
    ["two workers", ["--workers", "2"]],
  ])("a second SIGINT ends at once (%s)", async (_, args) => {
    await using command = runCommand([...START, fixture("slow-agent.ts"), ...args]);
    const { url } = await command.listening();
    const response = await ask(url, "deaf", { stream: true });
    process.kill(command.pid, "SIGINT");
    await until(() => command.events().some(({ event }) => event === "stopping"));
    // Within 200 ms a second one counts as the same Ctrl-C passed on twice.
    const again = setInterval(() => process.kill(command.pid, "SIGINT"), 100);
    expect(await command.exit().finally(() => clearInterval(again))).toBe(130);
    await response.body?.cancel().catch(() => {});
  });
});

/** Waits until the server does not even answer a probe. */
function untilBlocked(url: string): Promise<boolean> {
  const probe = () => fetch(`${url}/health`, { signal: AbortSignal.timeout(300) });
  return until(() =>
    probe().then(
      () => false,
      () => true,
    ),
  );
}

describe("several processes", () => {
  test("B56 --workers 2 serves from two processes on one port and replaces one that ends", async () => {
    await using command = runCommand([...START, fixture("slow-agent.ts"), "--workers", "2"]);
    const { url, pid } = await command.listening();
    const seen = new Set<string>();
    const look = async (): Promise<number> => {
      seen.add(await answerOf(await ask(url, "who")));
      return seen.size;
    };
    await until(async () => (await look()) === 2);
    expect(seen).not.toContain(`pid ${pid}`);
    const crashed = await ask(url, "crash").then(answerOf, () => "");
    await command.listening(2);
    seen.delete(crashed);
    await until(async () => (await look()) >= 2 && !seen.has(crashed), { timeoutMs: 10_000 });
  });

  test.each([
    ["workers", ["--workers", "2"]],
    ["a reloading server", ["--reload"]],
  ])("no process outlives the command, however it ends (%s)", async (_, args) => {
    await using command = runCommand([...START, fixture("slow-agent.ts"), ...args]);
    const { url } = await command.listening();
    const serving = Number((await answerOf(await ask(url, "who"))).slice("pid ".length));
    expect(serving).not.toBe(command.pid);
    process.kill(command.pid, "SIGKILL");
    expect(await until(() => !alive(serving), { timeoutMs: 10_000 })).toBe(true);
  });

  test("not even one whose agent blocks it", async () => {
    await using command = runCommand([...START, fixture("slow-agent.ts"), "--reload"]);
    const { url } = await command.listening();
    const serving = Number((await answerOf(await ask(url, "who"))).slice("pid ".length));
    const blocked = ask(url, "block").catch(() => {});
    await untilBlocked(url);
    process.kill(command.pid, "SIGKILL");
    expect(await until(() => !alive(serving), { timeoutMs: 12_000 })).toBe(true);
    await blocked;
  });
});

describe("dev", () => {
  const agent = (sdk: string, answer: string): string =>
    `import { invoke } from ${JSON.stringify(sdk)};
     export const agent = invoke((): string => {
       if (${JSON.stringify(answer)} === "boom") throw new Error("boom");
       return ${JSON.stringify(answer)};
     });`;
  const sdk = import.meta.resolve("@wheelhouse/agent-sdk");

  test("B56 B25 restarts on a change on the same port, outlives code that does not load, shows errors", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "agent.ts");
    writeFileSync(path, agent(sdk, "first"));
    await using command = runCommand(["dev", "--port", "0", "--json"], { cwd: dir.path });
    const { url } = await command.listening();
    expect(await answerOf(await ask(url, "hi"))).toBe("first");

    // What an agent writes beside its code is no change of it.
    writeFileSync(join(dir.path, "memory.json"), "{}");
    writeFileSync(path, agent(sdk, "second"));
    expect((await command.listening(2)).url).toBe(url);
    expect(await answerOf(await ask(url, "hi"))).toBe("second");

    writeFileSync(path, "export const broken = {");
    await until(() => command.events().at(-1)?.["event"] === "waiting", { timeoutMs: 10_000 });
    expect(command.stderr()).toContain("agent.ts");

    writeFileSync(path, agent(sdk, "boom"));
    await command.listening(3);
    const response = await ask(url, "hi");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ detail: "boom" });
    const reloads = command.events().filter(({ event }) => event === "reloading");
    expect(new Set(reloads.map(({ file }) => file))).toEqual(new Set(["agent.ts"]));
  });

  test("outlives the module's folder being taken away, and serves what comes back", async () => {
    await using dir = await tempDir();
    const folder = join(dir.path, "built");
    const build = (says: string): void => {
      mkdirSync(folder);
      writeFileSync(join(folder, "agent.ts"), agent(sdk, says));
    };
    build("first");
    await using command = runCommand(["dev", "built", "--port", "0", "--json"], { cwd: dir.path });
    const { url } = await command.listening();
    rmSync(folder, { recursive: true });
    await until(() => command.events().at(-1)?.["event"] === "waiting", { timeoutMs: 10_000 });
    build("second");
    await command.listening(2);
    expect(await answerOf(await ask(url, "hi"))).toBe("second");
  });

  test("a change ends a stream soon and a blocked process by force", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "agent.ts");
    const source = `export * from ${JSON.stringify(fixture("slow-agent.ts"))};\n`;
    writeFileSync(path, source);
    await using command = runCommand(["dev", "--port", "0", "--json"], { cwd: dir.path });
    const { url } = await command.listening();
    const streaming = collectSse(await ask(url, "deaf", { stream: true }));
    writeFileSync(path, `${source}// changed\n`);
    expect((await streaming).at(-1)?.data).toBe("[DONE]");
    await command.listening(2);
    const blocked = ask(url, "block").catch(() => {});
    await untilBlocked(url);
    writeFileSync(path, `${source}// changed again\n`);
    await command.listening(3);
    await blocked;
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});
