import { isAppError } from "@wheelhouse/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type * as Sdk from "../src/index.js";
import { type Bundles, bundle } from "./support/bundle.js";
import { makeContext, makeRequest } from "./support/run-parts.js";

let installs: Bundles[];
let a: typeof Sdk;
let b: typeof Sdk;

beforeAll(async () => {
  // Two separate builds: no chunk is shared between them.
  installs = [await bundle("src/index.ts"), await bundle("src/index.ts")];
  const load = async (install: Bundles | undefined): Promise<typeof Sdk> =>
    (await import(/* @vite-ignore */ install!.url("index"))) as typeof Sdk;
  [a, b] = [await load(installs[0]), await load(installs[1])];
});
afterEach(() => a.defaultRegistry().clear());
afterAll(async () => {
  await Promise.all(installs.map((install) => install.remove()));
});

describe("two installed copies", () => {
  test("are two copies", () => {
    expect(a.invoke).not.toBe(b.invoke);
  });

  test("B58 share the default registry", () => {
    const answer = (): string => "hi";
    a.invoke()(answer);
    expect(b.getInvokeFunction()).toBe(answer);
    expect(() => b.invoke()(answer)).toThrow("invoke decorator can only be used once");
  });

  test("B46 share the request context", () => {
    const context = makeContext({ headers: { "x-user": "ann" } });
    a.runWithContext(context, () => {
      expect(b.getRequestHeaders()).toEqual({ "x-user": "ann" });
      b.setRequestHeaders({ "x-user": "bob" });
      expect(a.getRequestHeaders()).toEqual({ "x-user": "bob" });
      expect(b.getContext()).toBe(context);
    });
  });

  test("know each other's handlers, registries, decorated classes and errors", async () => {
    class Support {
      @a.stream({ name: "support" })
      *chat() {
        yield "hi";
      }
    }
    const registry = a.createRegistry();
    registry.invoke({ name: "registered" })(() => "registered");
    const handler = a.invoke({ name: "handler" }, () => "handled");
    const agents = b.resolveAgents([handler, registry, new Support()]);
    expect(agents.map((agent) => agent.name)).toEqual(["handler", "registered", "support"]);
    expect(await agents[0]!.invoke!.run(makeRequest(), makeContext())).toBe("handled");
    expect(b.isHandler(handler)).toBe(true);
    expect(isAppError(new a.HttpError(429, "m"))).toBe(true);
  });
});
