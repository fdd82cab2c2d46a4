import { createContext, runInContext } from "node:vm";
import { beforeAll, describe, expect, test } from "vitest";
import { bundleText } from "./support/bundle.js";

let script: string;

beforeAll(async () => {
  // esbuild fails here if anything imports a Node module: it has none for a browser.
  script = await bundleText("iife");
});

/** A realm with what every browser has and nothing of Node. */
function browserRealm(): object {
  return createContext({ crypto: globalThis.crypto, TextEncoder, TextDecoder, URL });
}

describe("in a browser", () => {
  test("the bundle names nothing of Node", async () => {
    expect(await bundleText("esm")).not.toMatch(/^\s*(import|export \*)\b/m);
    expect(script).not.toMatch(/\bnode:|\brequire\(|\bprocess\.|\bBuffer\b|\b__dirname\b/);
  });

  test("the package loads and works", () => {
    const seen = runInContext(
      `${script};
      JSON.stringify({
        id: core.createId("resp"),
        frame: core.encodeSse({ data: "hi" }),
        request: core.CreateResponseRequest.safeParse({ input: "hi" }).success,
        refused: core.CreateResponseRequest.safeParse({ input: 5 }).success,
        error: core.errorEnvelope(new core.AppError("not_found"), { exposeErrors: false, requestId: "r" }),
      })`,
      browserRealm(),
    ) as string;
    expect(JSON.parse(seen)).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f]{24}$/),
      frame: "data: hi\n\n",
      request: true,
      refused: false,
      error: { message: "Not Found" },
    });
  });

  test("the realm of this test is really without Node", () => {
    expect(() => runInContext("process", browserRealm())).toThrow("process is not defined");
    expect(() => runInContext("Buffer", browserRealm())).toThrow("Buffer is not defined");
  });
});
