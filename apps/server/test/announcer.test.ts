import { describe, expect, test } from "vitest";
import { createAnnouncer } from "../src/output/announcer.js";

const AT = {
  url: "http://127.0.0.1:8000",
  host: "127.0.0.1",
  port: 8000,
  agents: [{ name: "agent", handlers: ["stream"] }],
} as const;

function announced(
  config: Partial<Parameters<typeof createAnnouncer>[0]>,
  streams: { isTTY?: boolean; env?: Record<string, string> } = {},
) {
  const out: string[] = [];
  const err: string[] = [];
  const { isTTY = false, env = {} } = streams;
  const announcer = createAnnouncer(
    { command: "start", json: false, ...config },
    {
      stdout: { isTTY, write: (line: string) => out.push(line) > 0 },
      stderr: { isTTY, write: (line: string) => err.push(line) > 0 },
      env,
    },
  );
  return { announcer, out: () => out.join(""), err: () => err.join("") };
}

describe("colours", () => {
  test.each([
    [true, {}, false, true],
    [true, { NO_COLOR: "1" }, false, false],
    [true, { NO_COLOR: "" }, false, true],
    [false, {}, false, false],
    [true, {}, true, false],
  ])("terminal %s, %j, json %s: %s", (isTTY, env, json, coloured) => {
    const { announcer, out, err } = announced({ json }, { isTTY, env });
    announcer.listening(AT);
    announcer.logger.error("failed");
    expect(out().includes("\u001b[")).toBe(coloured);
    expect(err().includes("\u001b[")).toBe(coloured);
  });
});

test("dev says what it does differently; a restart on the same address is one line", () => {
  const { announcer, out } = announced({ command: "dev", reload: true, exposeErrors: true });
  announcer.listening(AT);
  expect(out()).toContain("dev (restarts when a file changes, shows errors to clients)");
  const before = out().length;
  announcer.reloading("agent.ts");
  announcer.listening(AT);
  expect(out().slice(before)).toBe(
    "agent.ts changed: restarting\nListening on http://127.0.0.1:8000\n",
  );
});

test("a wildcard address is told as it is, and the examples use one that can be connected to", () => {
  const { announcer, out } = announced({});
  announcer.listening({ ...AT, url: "http://0.0.0.0:8000", host: "0.0.0.0" });
  expect(out()).toContain("Listening on http://0.0.0.0:8000");
  expect(out()).toContain("curl -N http://127.0.0.1:8000/responses");
});

test("with json every line is an object: events on standard output, problems on standard error", () => {
  const { announcer, out, err } = announced({ json: true });
  announcer.listening(AT);
  announcer.reloading("agent.ts");
  announcer.waiting();
  announcer.stopping(3000);
  announcer.problem("two\nlines");
  const events = (lines: string): unknown[] =>
    lines
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  expect(events(out())).toEqual([
    { event: "listening", pid: process.pid, ...AT },
    { event: "reloading", file: "agent.ts" },
    { event: "waiting" },
    { event: "stopping", graceMs: 3000 },
  ]);
  expect(events(err())).toEqual([{ event: "error", message: "two\nlines" }]);
});
