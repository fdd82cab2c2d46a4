import { once } from "node:events";
import { createAgentServer } from "@wheelhouse/agent-server";
import { silentLogger } from "@wheelhouse/core";
import { HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { createModelAgent } from "./support/model-agent.js";
import { findOpenaiPython, runPython } from "./support/openai-python.js";

// Nothing else of ours needs Python, so no list of WHEELHOUSE_REQUIRE names it: without it these tests skip.
const found = await findOpenaiPython();
const skipReason = "path" in found ? undefined : `openai-python: ${found.missing}`;
const options: { readonly skip: boolean; readonly meta: object } = {
  skip: skipReason !== undefined,
  meta: { skipReason },
};

describe("openai-python", options, () => {
  let results: Record<string, string | null>;
  let failures = 0;

  beforeAll(async () => {
    const endless = stream({ name: "endless" }, async function* endless(_request, { signal }) {
      yield "still running";
      await once(signal, "abort");
    });
    const failing = invoke({ name: "failing" }, () => {
      failures += 1;
      throw new HttpError(503, "Overloaded.");
    });
    const city = invoke({ name: "city" }, () => '{"city":"Paris","population":2100000}');
    const agents = [createModelAgent().agent, endless, failing, city];
    const server = createAgentServer({ logger: silentLogger, agents });
    try {
      const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
      const printed = await runPython((found as { path: string }).path, "openai_python.py", url);
      results = JSON.parse(printed) as typeof results;
    } finally {
      await server.close({ graceMs: 0 });
    }
  }, 60_000);

  test.each([
    ["R16 R40", "create"],
    ["R7 R8", "stream"],
    ["R40", "retrieve"],
    ["R63", "retrieve_stream"],
    ["B72 B74", "background"],
    ["R42 B82", "cancel"],
    ["R41", "delete"],
    ["R43", "input_items"],
    ["R44", "input_tokens"],
    ["R45", "compact"],
    ["R46", "chain_with_tools"],
    ["R49 R50", "conversations"],
    ["R18", "parse"],
    ["R5 R46", "errors"],
    ["R6", "failure"],
    ["R56 R58 R60", "websocket"],
    ["R40 R63", "asynchronous"],
  ])("%s %s", (_rules, check) => {
    expect(results[check]).toBeNull();
  });

  test("R6 a failure of the agent is not run again", () => {
    expect(failures).toBe(1);
  });
});
