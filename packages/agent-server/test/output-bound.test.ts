import { stream } from "@wheelhouse/agent-sdk";
import { expect, test } from "vitest";
import { OutputBound } from "../src/run/output-bound.js";
import { serve } from "./support/serve.js";

test("an author that writes without end fails a request that waits for the whole answer", async () => {
  const page = "x".repeat(1_048_576);
  const agents = stream(async function* endless() {
    for (;;) yield page;
  });
  await using served = await serve({ agents });
  for (const path of ["/invocations", "/responses"]) {
    const response = await fetch(`${served.url}${path}`, {
      method: "POST",
      body: JSON.stringify({ input: [{ role: "user", content: "go" }] }),
    });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      message: "The answer is longer than 67108864 characters.",
    });
  }
});

test("text counts wherever a piece has it", () => {
  const bound = new OutputBound();
  for (const piece of [null, undefined, 5, { type: "custom" }, { text: 5 }]) bound.add(piece);
  const half = "x".repeat(33_554_432);
  bound.add(half);
  bound.add({ text: half });
  expect(() => bound.add({ delta: "x" })).toThrow("longer than");
});
