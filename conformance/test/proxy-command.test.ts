import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, tempDir } from "@wheelhouse/test-support";
import { expect, test } from "vitest";
import { command, until } from "./support/index.js";

const FIXTURES = join(import.meta.dirname, "fixtures");
const AGENT = join(FIXTURES, "agent.mjs");
/** A chat app that comes up once the file is there. */
const chatApp = (file: string): string =>
  `"${process.execPath}" "${join(FIXTURES, "chat-app.mjs")}" "${file}"`;

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;
const pidOf = async (url: string): Promise<number> =>
  ((await (await fetch(`${url}/api/pid`)).json()) as { pid: number }).pid;

test.each([
  ["one process", []],
  ["two workers", ["--workers", "2"]],
])(
  "B86 B87 B114 %s: --chat-app starts the app, gates /readyz, restarts it, and ends it with the command",
  async (_, flags) => {
    const port = await freePort();
    await using folder = await tempDir();
    const file = join(folder.path, "go");
    const args = ["--chat-app", chatApp(file), "--chat-app-port", String(port), ...flags];
    await using started = await command("start", AGENT, "--port", "0", "--grace", "1", ...args);
    const { url } = await started.listening();
    expect(await statusOf(`${url}/readyz`)).toBe(503);
    expect(await statusOf(`${url}/health`)).toBe(200);
    const early = await fetch(`${url}/api/pid`);
    expect(early.status).toBe(503);
    expect(early.headers.get("retry-after")).toBe("1");
    await writeFile(file, "");
    const isReady = async (): Promise<boolean> => (await statusOf(`${url}/readyz`)) === 200;
    await until("the app answers", isReady, 10_000);
    await until("every process knows", async () => (await statusOf(`${url}/api/pid`)) === 200);
    const first = await pidOf(url);
    // A GET on a kept connection that is lost goes out again, to nobody.
    expect([502, 503]).toContain(await statusOf(`${url}/api/crash`));
    await until("it is back", async () => (await statusOf(`${url}/api/pid`)) === 200, 10_000);
    expect(await pidOf(url)).not.toBe(first);
    expect(await started.stop()).toBe(0);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  },
  30_000,
);

test("a chat app whose port is taken is an error at start-up", async () => {
  const port = await freePort();
  const args = ["--chat-app", chatApp(AGENT), "--chat-app-port", String(port)];
  await using first = await command("start", AGENT, "--port", "0", ...args);
  const { url } = await first.listening();
  await until("the app answers", async () => (await statusOf(`${url}/readyz`)) === 200, 10_000);
  await using second = await command("start", AGENT, "--port", "0", ...args);
  await until("the second ends", () => second.child.exitCode !== null, 10_000);
  expect(second.child.exitCode).toBe(1);
  expect(second.stderr()).toContain(`Port ${port} is in use`);
}, 30_000);

test("--chat-proxy does not take the module behind it for its URL", async () => {
  await using started = await command("start", "--port", "0", "--chat-proxy", AGENT);
  const { url } = await started.listening();
  const answer = await fetch(`${url}/nowhere`);
  expect(await answer.text()).toBe("Not found");
});
