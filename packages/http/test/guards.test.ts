import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { guardHost } from "../src/guards/guard-host.js";
import { guardOrigin } from "../src/guards/guard-origin.js";
import { guardPeer } from "../src/guards/guard-peer.js";
import { isLocalClient } from "../src/peer/is-local-client.js";
import { isLoopbackAddress } from "../src/peer/loopback.js";
import { parseTrustedProxies } from "../src/peer/trusted-proxies.js";
import { AGENT, OWN } from "./support/routes.js";

const host = (value: string | string[], allowed: string[] = []) =>
  guardHost({
    hosts: [value].flat(),
    exposure: "loopback",
    allowedHosts: new Set(allowed),
    httpVersion: "1.1",
  })?.code;

const octet = fc.integer({ min: 0, max: 255 });
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const withPort = (name: string, number: number | undefined): string =>
  number === undefined ? name : `${name}:${number}`;
const localName = fc.oneof(
  fc.constantFrom("localhost", "LOCALHOST", "localhost.", "[::1]"),
  fc.tuple(octet, octet, octet).map((parts) => `127.${parts.join(".")}`),
);

describe("Host", () => {
  test("B209: every local name passes with any port", () => {
    fc.assert(
      fc.property(localName, port, (name, number) => {
        expect(host(withPort(name, number))).toBeUndefined();
      }),
    );
  });

  test.each([
    "evil.example",
    "10.evil.com",
    "192.168.evil.com",
    "192.168.0.1",
    "10.0.0.1",
    "0.0.0.0",
    "",
    " ",
    ":8000",
    "127.0.0.1.evil.com",
    "127.0.0.256",
    "127.1",
    "localhost.evil.com",
    "evil.localhost",
    "user@localhost",
    "localhost@evil.example",
    "localhost:99999",
    "localhost:80:80",
    "localhost/",
    "localhost,evil.example",
    "[::1",
    "[::1].evil.com",
    "[::ffff:8.8.8.8]",
    "::1",
  ])("B208: %j is refused", (value) => {
    expect(host(value)).toBe("invalid_host");
  });

  test("B208: no Host and two of them are refused", () => {
    expect(host([])).toBe("invalid_host");
    expect(host(["localhost", "localhost"])).toBe("invalid_host");
  });

  test("B208: a local name as a part of another one is refused", () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    fc.assert(
      fc.property(localName, label, port, (name, extra, number) => {
        const plain = name.replace(/\.$/, "");
        expect(host(withPort(`${plain}.${extra}.com`, number))).toBe("invalid_host");
        expect(host(withPort(`${extra}.${plain}`, number))).toBe("invalid_host");
      }),
    );
  });

  test("allowed hosts pass: by name with any port, or by name and port", () => {
    expect(host("App.Example:1", ["app.example"])).toBeUndefined();
    expect(host("app.example.", ["app.example"])).toBeUndefined();
    expect(host("app.example:8000", ["app.example:8000"])).toBeUndefined();
    expect(host("app.example:8001", ["app.example:8000"])).toBe("invalid_host");
    expect(host("app.example", ["app.example:8000"])).toBe("invalid_host");
    expect(host("x.app.example", ["app.example"])).toBe("invalid_host");
  });
});

const origin = (
  value: string | undefined,
  options: { policy?: typeof OWN; site?: string; allowed?: string[]; host?: string } = {},
) =>
  guardOrigin(options.policy ?? AGENT, {
    origin: value,
    secFetchSite: options.site,
    host: options.host ?? "localhost:8000",
    allowedOrigins: new Set(options.allowed),
  })?.code;

describe("Origin", () => {
  test("B210: on the agent's surface every local page passes, and no Origin", () => {
    fc.assert(
      fc.property(fc.constantFrom("http", "https"), localName, port, (scheme, name, number) => {
        expect(origin(`${scheme}://${withPort(name, number)}`)).toBeUndefined();
      }),
    );
    expect(origin(undefined)).toBeUndefined();
  });

  test.each([
    "null",
    "",
    "https://evil.example",
    "http://localhost.evil.com",
    "http://127.0.0.1.evil.com",
    "http://localhost:1@evil.example",
    "http://localhost\\.evil.com",
    "http://localhost/",
    "http://localhost, http://evil.example",
    "file://localhost",
    "chrome-extension://localhost",
    "localhost",
    "http://",
  ])("B212: %j is refused", (value) => {
    expect(origin(value)).toBe("cross_origin");
    expect(origin(value, { policy: OWN })).toBe("cross_origin");
  });

  test("B212: no name under another domain passes", () => {
    fc.assert(
      fc.property(localName, fc.domain(), port, (name, domain, number) => {
        expect(origin(`http://${withPort(`${name.replace(/\.$/, "")}.${domain}`, number)}`)).toBe(
          "cross_origin",
        );
        expect(origin(`http://${withPort(domain, number)}`)).toBe("cross_origin");
      }),
    );
  });

  test("own routes take their own page and listed ones, other local ones only where they say so", () => {
    expect(origin("http://localhost:8000", { policy: OWN })).toBeUndefined();
    expect(origin("http://localhost:3000", { policy: OWN })).toBe("cross_origin");
    expect(origin("http://127.0.0.1:8000", { policy: OWN })).toBe("cross_origin");
    const listed = { policy: OWN, allowed: ["http://localhost:3000"] };
    expect(origin("http://localhost:3000", listed)).toBeUndefined();
    const open = { policy: { ...OWN, localOrigins: true } };
    expect(origin("http://localhost:3000", open)).toBeUndefined();
  });

  test("the server's own origin may leave the usual port out", () => {
    expect(origin("http://app.example", { host: "app.example:80" })).toBeUndefined();
    expect(origin("https://app.example:443", { host: "App.Example" })).toBeUndefined();
    expect(origin("https://app.example:444", { host: "app.example" })).toBe("cross_origin");
  });

  test("B211: Sec-Fetch-Site cross-site is refused unless the Origin is listed", () => {
    expect(origin(undefined, { site: "cross-site" })).toBe("cross_origin");
    expect(origin("http://localhost:8000", { site: "Cross-Site" })).toBe("cross_origin");
    expect(origin(undefined, { site: "same-origin" })).toBeUndefined();
    expect(origin(undefined, { site: "none" })).toBeUndefined();
    const listed = { site: "cross-site", allowed: ["https://app.example"] };
    expect(origin("https://APP.example", listed)).toBeUndefined();
  });
});

describe("peer", () => {
  test("B204: what counts as loopback", () => {
    for (const address of ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"]) {
      expect(isLoopbackAddress(address), address).toBe(true);
    }
    for (const address of ["128.0.0.1", "::2", "::ffff:8.8.8.8", "localhost", "", undefined]) {
      expect(isLoopbackAddress(address), String(address)).toBe(false);
    }
  });

  const local = (headers: Record<string, string>, trusted?: string[], peer = "127.0.0.1") =>
    isLocalClient({
      loopback: isLoopbackAddress(peer),
      peer,
      headers,
      trustedProxies: trusted === undefined ? undefined : parseTrustedProxies(trusted),
    });

  test("B205: without a trusted proxy a forwarding header makes a request non-local", () => {
    expect(local({})).toBe(true);
    expect(local({ "x-forwarded-for": "127.0.0.1" })).toBe(false);
    expect(local({ forwarded: "for=127.0.0.1" })).toBe(false);
    expect(local({ "x-real-ip": "127.0.0.1" })).toBe(false);
    expect(local({ "x-forwarded-for": "127.0.0.1" }, ["10.0.0.0/8"])).toBe(false);
  });

  test.each([
    ["8.8.8.8", false],
    ["8.8.8.8, 127.0.0.1", false],
    ["127.0.0.1, 203.0.113.5", false],
    ["127.0.0.1", true],
    ["127.0.0.1:5555", true],
    ["[::1]:5555", true],
    ["", false],
    ["garbage", false],
    ["127.0.0.1, garbage", false],
  ])("B206, B207: behind a trusted proxy, X-Forwarded-For %j is local: %j", (value, expected) => {
    expect(local({ "x-forwarded-for": value }, ["127.0.0.1"])).toBe(expected);
    expect(local({ "x-forwarded-for": value }, ["127.0.0.0/8", "::1"])).toBe(expected);
  });

  test.each([
    ["for=8.8.8.8", false],
    ["for=127.0.0.1;proto=http", true],
    ['For="[::1]:80"', true],
    ["for=127.0.0.1, for=203.0.113.5", false],
    ["for=_hidden", false],
    ["proto=https", false],
  ])("B206: Forwarded %j is local: %j", (value, expected) => {
    expect(local({ forwarded: value }, ["127.0.0.1"])).toBe(expected);
  });

  test("B207: no forwarding header makes a remote peer local", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom("x-forwarded-for", "x-real-ip"), (peer, name) => {
        fc.pre(!peer.startsWith("127."));
        expect(local({ [name]: "127.0.0.1" }, ["0.0.0.0/0"], peer)).toBe(false);
      }),
    );
  });

  test("own routes are for this machine unless authentication is configured", () => {
    const verdict = (exposure: "loopback" | "public" | "bound-public", isLocal: boolean) =>
      guardPeer(OWN, { exposure, local: isLocal, authenticated: false })?.code;
    expect(verdict("loopback", true)).toBeUndefined();
    expect(verdict("loopback", false)).toBe("permission_denied");
    expect(verdict("public", false)).toBe("not_found");
    expect(verdict("bound-public", false)).toBe("not_found");
    const asked = { ...OWN, remote: "route" as const };
    const remote = (exposure: "loopback" | "public" | "bound-public") =>
      guardPeer(asked, { exposure, local: false, authenticated: false })?.code;
    expect(remote("loopback")).toBeUndefined();
    expect(remote("public")).toBeUndefined();
    expect(remote("bound-public")).toBe("not_found");
    expect(
      guardPeer(OWN, { exposure: "bound-public", local: false, authenticated: true }),
    ).toBeUndefined();
  });

  test.each(["", "10.0.0.0/33", "::1/129", "10.0.0.0/8/8", "example.com", "10.0.0.0/-1"])(
    "a trusted proxy %j is refused at construction",
    (entry) => {
      expect(() => parseTrustedProxies([entry])).toThrow(/trustedProxies/);
    },
  );
});
