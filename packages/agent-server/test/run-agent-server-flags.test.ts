import { describe, expect, test } from "vitest";
import { runAgentServer } from "../src/index.js";
import { program } from "./support/program.js";

describe("flags", () => {
  const bad = [
    [["--port", "http"], "--port"],
    [["--port", "70000"], "--port"],
    [["--port", "-1"], "--port"],
    [["--port", "1.5"], "--port"],
    [["--port="], "--port"],
    [["--workers", "0"], "--workers"],
    [["--workers", "two"], "--workers"],
    [["--nope"], "--nope"],
    [["--reload=yes"], "--reload"],
    [["stray"], "stray"],
  ] as const;
  test.each(bad)("%j is a TypeError that names %s, and nothing listens", async (argv, named) => {
    const running = runAgentServer({ agents: [] }, argv);
    await expect(running).rejects.toThrow(TypeError);
    await expect(running).rejects.toThrow(named);
  });

  test("a bad flag ends the script with code 1 and says why", { timeout: 60_000 }, async () => {
    await using run = program(["--port", "x"]);
    expect(await run.ended()).toBe(1);
    expect(run.output()).toContain("--port takes a whole number");
  });
});
