import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bundles, bundle } from "./support/bundle.js";
import { runNode } from "./support/run-node.js";

/** A loader: JavaScript in which `ANSWER` stands for a string, in files that end in `.shout`. */
const HOOKS = `
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    if (!url.endsWith(".shout")) return next(url, context);
    const source = readFileSync(new URL(url), "utf8").replace("ANSWER", '"loaded"');
    return { format: "module", source, shortCircuit: true };
  },
});
`;

let sdk: Bundles;
let folder: string;

beforeAll(async () => {
  sdk = await bundle("src/index.ts");
  folder = await mkdtemp(join(tmpdir(), "agent-sdk-process-"));
  const imported = JSON.stringify(sdk.url("index"));
  await writeFile(join(folder, "hooks.mjs"), HOOKS);
  await writeFile(
    join(folder, "agent.shout"),
    `import { invoke } from ${imported};
     import { threadId } from "node:worker_threads";
     export const agent = invoke({ worker: import.meta.url }, () => ({ is: ANSWER, threadId }));`,
  );
  await writeFile(
    join(folder, "main.mjs"),
    `import { agent } from "./agent.shout";
     const never = new AbortController().signal;
     const context = { signal: never, draining: never, session: {}, span: {}, headers: {} };
     console.log(JSON.stringify(await agent.run({}, context)));`,
  );
});
afterAll(async () => {
  await sdk.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("worker threads in a process", () => {
  test("load the module with the process's loader, and let the process end when idle", async () => {
    const hooks = join(folder, "hooks.mjs");
    const exit = await runNode(["--import", hooks, join(folder, "main.mjs")]);
    expect(exit.stderr).toBe("");
    expect(JSON.parse(exit.stdout)).toEqual({
      is: "loaded",
      threadId: expect.any(Number) as number,
    });
    expect((JSON.parse(exit.stdout) as { threadId: number }).threadId).toBeGreaterThan(0);
    expect(exit.code).toBe(0);
  }, 30_000);
});
