import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHttpServer } from "../src/index.js";
import { createRouteTable } from "../src/routing/route-table.js";
import { AGENT, json, route } from "./support/routes.js";

const at = (method: string, path: string) => ({ method, path, policy: AGENT });
const segment = fc.stringMatching(/^[a-z0-9_-]{1,6}$/);
const pattern = fc.array(fc.tuple(segment, fc.boolean()), { minLength: 1, maxLength: 4 });

describe("route table", () => {
  test("gives back what was put into a path's parameters", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 12, unit: "binary" }), {
          minLength: 1,
          maxLength: 4,
        }),
        (values) => {
          const path = values.map((_, index) => `/x/:p${index}`).join("");
          const table = createRouteTable([at("GET", path)]);
          const target = values.map((value) => `/x/${encodeURIComponent(value)}`).join("");
          const match = table.lookup("GET", target);
          expect(match).toMatchObject({
            kind: "route",
            params: Object.fromEntries(values.map((value, index) => [`p${index}`, value])),
          });
        },
      ),
    );
  });

  test("finds what a plain reading of all patterns finds, the most literal one first", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(pattern, {
          minLength: 1,
          maxLength: 8,
          selector: (parts) => parts.map(([name, isParam]) => (isParam ? ":" : name)).join("/"),
        }),
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        (patterns, target) => {
          const rows = patterns.map((parts) =>
            at("GET", `/${parts.map(([n, p], i) => (p ? `:p${i}` : n)).join("/")}`),
          );
          const rank = (parts: (typeof patterns)[number]): string =>
            parts.map(([, isParam]) => (isParam ? "1" : "0")).join("");
          const expected = patterns
            .map((parts, index) => ({ parts, row: rows[index] }))
            .filter(
              ({ parts }) =>
                parts.length === target.length &&
                parts.every(([name, isParam], index) => isParam || name === target[index]),
            )
            .toSorted((a, b) => rank(a.parts).localeCompare(rank(b.parts)))[0]?.row;
          const match = createRouteTable(rows).lookup("GET", `/${target.join("/")}`);
          expect(match.kind === "route" ? match.row : undefined).toBe(expected);
        },
      ),
    );
  });

  test("no path and no method makes it throw", () => {
    const table = createRouteTable([at("GET", "/"), at("POST", "/a/:b"), at("GET", "/a/b/:c/d")]);
    fc.assert(
      fc.property(fc.string(), fc.webPath(), (method, path) => {
        table.lookup(method, `/${path}`);
        table.lookup(method, method);
      }),
    );
  });

  test("an empty segment is no parameter's value", () => {
    const table = createRouteTable([at("GET", "/a/:b/c"), at("GET", "/a/:b")]);
    expect(table.lookup("GET", "/a//c").kind).toBe("none");
    expect(table.lookup("GET", "/a//").kind).toBe("none");
  });

  test("the methods of every pattern that matches are allowed", () => {
    const table = createRouteTable([at("POST", "/a/b"), at("GET", "/a/:x"), at("DELETE", "/:y/b")]);
    expect(table.lookup("PUT", "/a/b")).toMatchObject({
      kind: "method",
      allow: ["POST", "GET", "HEAD", "DELETE"],
    });
  });
});

describe("a table that cannot be served does not start, and names the route", () => {
  const none = undefined as never;
  test.each([
    [[route("GET /no-policy", none, () => json(1))], /GET \/no-policy has no policy/],
    [[route("GET /odd", { surface: "other" as never }, () => json(1))], /GET \/odd has no policy/],
    [
      [route("GET /a/:x", AGENT, () => json(1)), route("GET /a/:y", AGENT, () => json(1))],
      /GET \/a\/:y is there twice/,
    ],
    [[route("GET a", AGENT, () => json(1))], /GET a has an invalid path/],
    [[route("GET /a/", AGENT, () => json(1))], /invalid path/],
    [[route("GET /a//b", AGENT, () => json(1))], /invalid path/],
    [[route("GET /a/../b", AGENT, () => json(1))], /invalid path/],
    [[route("GET /:", AGENT, () => json(1))], /invalid path/],
    [[route("GET /a?b", AGENT, () => json(1))], /invalid path/],
    [[route("GET /:a/:a", AGENT, () => json(1))], /invalid path/],
  ])("%#", (routes, message) => {
    expect(() => createHttpServer({ routes })).toThrow(message);
  });

  test.each([
    [{ staticPrefix: "api" }, /staticPrefix/],
    [{ bodyLimit: -1 }, /bodyLimit/],
    [{ drainMs: Number.NaN }, /drainMs/],
    [{ allowedHosts: ["http://x"] }, /allowedHosts/],
    [{ allowedHosts: ["*"] }, /allowedHosts/],
    [{ allowedOrigins: ["*"] }, /allowedOrigins/],
    [{ allowedOrigins: ["null"] }, /allowedOrigins/],
    [{ trustedProxies: ["proxy"] }, /trustedProxies/],
  ])("%j names the option", (options, message) => {
    expect(() => createHttpServer({ routes: [], ...options })).toThrow(message);
  });
});
