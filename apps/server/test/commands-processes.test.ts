import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collectSse, tempDir, until } from "@wheelhouse/test-support";
import { describe, expect, test, vi } from "vitest";
import { alive, answerOf, ask, fixture, runCommand } from "./support/run-command.js";

const START = ["start", "--port", "0", "--json"];

/** Each test starts one process or several; a machine that is busy takes its time. */
vi.setConfig({ testTimeout: 45_000 });

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
    // Within 200 ms a second one counts as the same Ctrl-C passed on twice; a third might come when the
    // process is past handling it.
    setTimeout(() => process.kill(command.pid, "SIGINT"), 250);
    expect(await command.exit()).toBe(130);
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
