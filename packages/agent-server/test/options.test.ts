import { createRegistry } from "@wheelhouse/agent-sdk";
import { expect, test } from "vitest";
import { createAgentServer } from "../src/index.js";
import { looseInvoke } from "./support/loose-agent.js";

const agents = looseInvoke(() => "x");

/** Values that an option does not take. */
const BAD: [option: string, values: readonly unknown[]][] = [
  ["agentType", ["responses", "", 5, {}, Symbol("x")]],
  ["timeoutMs", [0, -1, 1.5, "100", NaN, Infinity, 2 ** 31, 10n]],
  ["name", ["", 5, null]],
  ["bodyLimit", [-1, 1.5, "1mb", NaN]],
  ["drainMs", [-1, "5s", NaN]],
  ["staticPrefix", ["api", "/a b", "/a//b", 5]],
  ["allowedHosts", ["example.com", [5], ["*.example.com"], [""]]],
  ["allowedOrigins", ["https://a.example", [5], ["a.example"], ["*"]]],
  ["trustedProxies", ["127.0.0.1", [5], ["not an address"]]],
  ["authenticate", ["token", true, {}]],
  ["exposeErrors", ["true", 1, null]],
  ["openapi", ["true", 1, null]],
  ["logger", ["console", {}, { info: 5 }]],
  ["tracer", [{}, "otel", () => {}]],
  ["store", [{}, "redis://x", { log: {} }]],
  ["registry", [{}, [], "default"]],
  ["chatProxy", [{}, "http://localhost:3000", 3000]],
];

for (const [option, values] of BAD)
  test.each(values.map((value) => [value]))(
    `${option}: %o is a TypeError that names it`,
    (value) => {
      const own = option === "registry" ? {} : { agents };
      const make = () => createAgentServer({ ...own, [option]: value });
      expect(make).toThrow(TypeError);
      expect(make).toThrow(option);
    },
  );

test("agents and registry together are refused, naming both", () => {
  const make = () => createAgentServer({ agents, registry: createRegistry() });
  expect(make).toThrow(/agents and registry/);
});

test("an option that is undefined is one that is not given", () => {
  const nothing = Object.fromEntries(BAD.map(([option]) => [option, undefined]));
  expect(() => createAgentServer({ agents, ...nothing })).not.toThrow();
});
