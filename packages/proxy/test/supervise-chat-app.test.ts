import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, until } from "@wheelhouse/test-support";
import { expect, test } from "vitest";
import { createProxy, superviseChatApp } from "../src/index.js";

const FIXTURE = join(import.meta.dirname, "fixtures", "chat-app.mjs");
const command = `"${process.execPath}" "${FIXTURE}"`;

/** Whether a process runs: one that has ended may wait for its burial. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    if (process.platform !== "linux") return true;
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
};

async function pidsOf(port: number): Promise<number[]> {
  const answer = await until(() => fetch(`http://127.0.0.1:${port}/api/pids`), {
    timeoutMs: 10_000,
  });
  return ((await answer.json()) as { pids: number[] }).pids;
}

test("it runs a command, and stopping ends everything the command started", async () => {
  const port = await freePort();
  const lines: string[] = [];
  const app = await superviseChatApp({
    command: `${command} && true`,
    port,
    stopGraceMs: 300,
    onLine: (line) => lines.push(line),
  });
  const pids = await pidsOf(port);
  expect(pids.every(isAlive)).toBe(true);
  // Its output comes over a pipe, maybe after its port answers.
  await until(() => lines.includes("chat app is up"));
  await app.stop();
  expect(pids.filter(isAlive)).toEqual([]);
  expect(app.restarts()).toBe(0);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
});

test("an app that ends is started again, later each time, and nothing of it is left", async () => {
  const port = await freePort();
  const delays: number[] = [];
  const app = await superviseChatApp({
    command,
    port,
    stopGraceMs: 300,
    onEnd: (_, delay) => delays.push(delay),
  });
  const first = await pidsOf(port);
  await fetch(`http://127.0.0.1:${port}/api/crash`).catch(() => {});
  await until(() => delays.length === 1);
  const second = await pidsOf(port);
  expect(second[0]).not.toBe(first[0]);
  expect(first.filter(isAlive)).toEqual([]);
  await fetch(`http://127.0.0.1:${port}/api/crash`).catch(() => {});
  await until(() => delays.length === 2);
  expect(delays).toEqual([500, 1_000]);
  await app.stop();
  expect(second.filter(isAlive)).toEqual([]);
});

test("a taken port is an error, since requests would go to who has it", async () => {
  const port = await freePort();
  const app = await superviseChatApp({ command, port, stopGraceMs: 300 });
  await pidsOf(port);
  await expect(superviseChatApp({ command, port })).rejects.toThrow(`Port ${port} is in use`);
  await app.stop();
});

test("a proxy that awaits its target is ready once that answers, and not while it is gone", async () => {
  const port = await freePort();
  const proxy = createProxy({ target: port, awaitTarget: true });
  expect(proxy.ready()).toBe(false);
  const app = await superviseChatApp({ command, port, stopGraceMs: 300 });
  await until(() => proxy.ready(), { timeoutMs: 10_000 });
  await app.stop();
  await until(() => !proxy.ready(), { timeoutMs: 10_000 });
  await proxy.close();
  expect(proxy.ready()).toBe(false);
});

test.skipIf(process.platform === "win32")(
  "a supervisor that is killed takes the app along",
  async () => {
    const port = await freePort();
    const program = join(import.meta.dirname, "fixtures", "supervisor.mjs");
    const supervisor = fork(program, [command, String(port)], {
      execArgv: ["--conditions=@wheelhouse/source", "--import", import.meta.resolve("tsx")],
    });
    const pids = await pidsOf(port);
    supervisor.kill("SIGKILL");
    await until(() => pids.every((pid) => !isAlive(pid)), { timeoutMs: 10_000 });
    expect(pids.filter(isAlive)).toEqual([]);
  },
);
