import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bundleText } from "./support/bundle.js";

describe("a bundle for browsers", () => {
  test("names nothing of Node", async () => {
    expect(await bundleText()).not.toMatch(/^\s*(import|export \*)\b/m);
    expect(await bundleText({ format: "iife" })).not.toMatch(
      /\bnode:|\brequire\(|\bprocess\.|\bBuffer\b|\b__dirname\b/,
    );
  });

  test("is as small as the README says: no schema comes along", async () => {
    const text = await bundleText({ minify: true });
    expect(text).not.toContain("looseObject");
    expect(gzipSync(text).length).toBeLessThan(12_000);
  });

  test("loads where there is only what browsers have", async () => {
    const realm = createContext({ URL, TextDecoder, TextEncoder, AbortController, Uint8Array });
    const script = await bundleText({ format: "iife" });
    const made = runInContext(
      `${script}; Object.keys(wheelhouse.createClient({ baseUrl: "http://x/v1" })).join()`,
      realm,
    ) as string;
    expect(made).toBe("responses,conversations,models,agent,invocations");
  });
});
