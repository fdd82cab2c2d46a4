import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import { ConfigError, type ConfigInput, resolveConfig } from "../src/index.js";

/** Without the variables and files of the machine that runs the tests. */
function resolveIn(cwd: string, input: Partial<ConfigInput> = {}) {
  return resolveConfig({ command: "start", cwd, ...input, env: { HOME: cwd, ...input.env } });
}

function problemsOf(resolve: () => unknown): Record<string, string> {
  try {
    resolve();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.message.split("\n").slice(1);
    const listed = error.problems.map(({ source, problem }) => `  ${source}: ${problem}`);
    if (lines.join("\n") !== listed.join("\n")) throw error;
    return Object.fromEntries(error.problems.map(({ source, problem }) => [source, problem]));
  }
  return {};
}

test("B56 B57 defaults: port 8000 on 127.0.0.1, one process, errors hidden, 30 s of grace", async () => {
  await using dir = await tempDir();
  expect(resolveIn(dir.path)).toEqual({
    command: "start",
    cwd: dir.path,
    module: undefined,
    host: "127.0.0.1",
    port: 8000,
    workers: 1,
    reload: false,
    exposeErrors: false,
    staticPrefix: undefined,
    stateDir: join(dir.path, ".wheelhouse"),
    name: undefined,
    timeoutMs: undefined,
    bodyLimit: 67_108_864,
    trustedProxies: [],
    chatProxy: undefined,
    allowedHosts: [],
    allowedOrigins: [],
    graceMs: 30_000,
    openapi: false,
    leaseMs: 10_000,
    retentionMs: 30 * 86_400_000,
    store: true,
    json: false,
    configFile: undefined,
  });
});

test("B25 dev shows errors, reloads and ends soon; each can be turned off", async () => {
  await using dir = await tempDir();
  const dev = resolveIn(dir.path, { command: "dev" });
  expect(dev).toMatchObject({ exposeErrors: true, reload: true, graceMs: 3000 });
  const off = resolveIn(dir.path, {
    command: "dev",
    flags: { exposeErrors: false, reload: false },
  });
  expect(off).toMatchObject({ exposeErrors: false, reload: false });
});

test("flags win over variables, variables over the file, the file over defaults", async () => {
  await using dir = await tempDir();
  writeFileSync(
    join(dir.path, "wheelhouse.config.json"),
    JSON.stringify({ port: 1001, name: "from-file", grace: 7, workers: 2 }),
  );
  const env = { WHEELHOUSE_PORT: "1002", WHEELHOUSE_NAME: "from-env", PORT: "1003" };
  expect(resolveIn(dir.path, { env, flags: { port: "1004" } })).toMatchObject({
    port: 1004,
    name: "from-env",
    graceMs: 7000,
    workers: 2,
    configFile: join(dir.path, "wheelhouse.config.json"),
  });
  expect(resolveIn(dir.path, { env }).port).toBe(1002);
  expect(resolveIn(dir.path, { env: { PORT: "1003" } }).port).toBe(1003);
  expect(resolveIn(dir.path, { env: { WHEELHOUSE_PORT: "", PORT: "" } }).port).toBe(1001);
});

describe("what a setting takes", () => {
  const taken: [key: string, env: string, text: string, expected: object][] = [
    ["port", "WHEELHOUSE_PORT", "0", { port: 0 }],
    ["port", "WHEELHOUSE_PORT", "65535", { port: 65_535 }],
    ["host", "WHEELHOUSE_HOST", "::1", { host: "::1" }],
    ["host", "WHEELHOUSE_HOST", "[::1]", { host: "::1" }],
    ["host", "WHEELHOUSE_HOST", "0.0.0.0", { host: "0.0.0.0" }],
    ["workers", "WHEELHOUSE_WORKERS", "4", { workers: 4 }],
    ["reload", "WHEELHOUSE_RELOAD", "yes", { reload: true }],
    ["reload", "WHEELHOUSE_RELOAD", "0", { reload: false }],
    ["enableChatProxy", "WHEELHOUSE_CHAT_PROXY", "false", { chatProxy: undefined }],
    ["enableChatProxy", "WHEELHOUSE_CHAT_PROXY", "1", { chatProxy: { port: 3000 } }],
    [
      "trustedProxies",
      "WHEELHOUSE_TRUSTED_PROXY",
      "10.0.0.0/8, ::1",
      { trustedProxies: ["10.0.0.0/8", "::1"] },
    ],
    ["chatApp", "WHEELHOUSE_CHAT_APP", "npm run dev", { chatProxy: { command: "npm run dev" } }],
    ["exposeErrors", "WHEELHOUSE_EXPOSE_ERRORS", "1", { exposeErrors: true }],
    ["staticPrefix", "WHEELHOUSE_STATIC_PREFIX", "/my-app/", { staticPrefix: "/my-app" }],
    ["name", "WHEELHOUSE_NAME", "My agents", { name: "My agents" }],
    ["timeout", "WHEELHOUSE_TIMEOUT", "1.5", { timeoutMs: 1500 }],
    ["bodyLimit", "WHEELHOUSE_BODY_LIMIT", "64mb", { bodyLimit: 67_108_864 }],
    ["bodyLimit", "WHEELHOUSE_BODY_LIMIT", "1.5KB", { bodyLimit: 1536 }],
    ["bodyLimit", "WHEELHOUSE_BODY_LIMIT", "100", { bodyLimit: 100 }],
    [
      "allowedHosts",
      "WHEELHOUSE_ALLOWED_HOST",
      "a.example, b.example:8443,[::1]:80",
      {
        allowedHosts: ["a.example", "b.example:8443", "[::1]:80"],
      },
    ],
    [
      "allowedOrigins",
      "WHEELHOUSE_ALLOWED_ORIGIN",
      "https://a.example,http://localhost:3000",
      {
        allowedOrigins: ["https://a.example", "http://localhost:3000"],
      },
    ],
    ["grace", "WHEELHOUSE_GRACE", "0", { graceMs: 0 }],
    ["openapi", "WHEELHOUSE_OPENAPI", "true", { openapi: true }],
    ["json", "WHEELHOUSE_JSON", "on", { json: true }],
  ];
  test.each(taken)("%s: %s=%s", async (key, variable, text, expected) => {
    await using dir = await tempDir();
    expect(resolveIn(dir.path, { env: { [variable]: text } })).toMatchObject(expected);
    expect(resolveIn(dir.path, { flags: { [key]: text } })).toMatchObject(expected);
  });
});

describe("what a setting refuses, each naming its source", () => {
  const refused: [key: string, flag: string, env: string, text: string][] = [
    ["port", "--port", "WHEELHOUSE_PORT", "abc"],
    ["port", "--port", "WHEELHOUSE_PORT", "65536"],
    ["port", "--port", "WHEELHOUSE_PORT", "-1"],
    ["port", "--port", "WHEELHOUSE_PORT", "80.5"],
    ["port", "--port", "WHEELHOUSE_PORT", "0x50"],
    ["port", "--port", "WHEELHOUSE_PORT", " "],
    ["host", "--host", "WHEELHOUSE_HOST", "http://localhost"],
    ["host", "--host", "WHEELHOUSE_HOST", "a b"],
    ["workers", "--workers", "WHEELHOUSE_WORKERS", "0"],
    ["workers", "--workers", "WHEELHOUSE_WORKERS", "two"],
    ["reload", "--reload", "WHEELHOUSE_RELOAD", "maybe"],
    ["staticPrefix", "--static-prefix", "WHEELHOUSE_STATIC_PREFIX", "my-app"],
    ["staticPrefix", "--static-prefix", "WHEELHOUSE_STATIC_PREFIX", "/a/../b"],
    ["staticPrefix", "--static-prefix", "WHEELHOUSE_STATIC_PREFIX", "/a?b"],
    ["name", "--name", "WHEELHOUSE_NAME", "two\nlines"],
    ["timeout", "--timeout", "WHEELHOUSE_TIMEOUT", "0"],
    ["timeout", "--timeout", "WHEELHOUSE_TIMEOUT", "99999999"],
    ["bodyLimit", "--body-limit", "WHEELHOUSE_BODY_LIMIT", "64 megs"],
    ["bodyLimit", "--body-limit", "WHEELHOUSE_BODY_LIMIT", "2gb"],
    ["bodyLimit", "--body-limit", "WHEELHOUSE_BODY_LIMIT", "0"],
    ["allowedHosts", "--allowed-host", "WHEELHOUSE_ALLOWED_HOST", "https://a.example"],
    ["allowedHosts", "--allowed-host", "WHEELHOUSE_ALLOWED_HOST", "a.example,agent.ts"],
    ["allowedOrigins", "--allowed-origin", "WHEELHOUSE_ALLOWED_ORIGIN", "a.example"],
    ["allowedOrigins", "--allowed-origin", "WHEELHOUSE_ALLOWED_ORIGIN", "https://a.example/path"],
    ["allowedOrigins", "--allowed-origin", "WHEELHOUSE_ALLOWED_ORIGIN", "*"],
    ["grace", "--grace", "WHEELHOUSE_GRACE", "-1"],
    ["grace", "--grace", "WHEELHOUSE_GRACE", "soon"],
  ];
  test.each(refused)("%s: %s, %s = %j", async (key, flag, variable, text) => {
    await using dir = await tempDir();
    const wanted = expect.stringMatching(/^found ".*", wanted .+/s);
    expect(problemsOf(() => resolveIn(dir.path, { env: { [variable]: text } }))).toEqual({
      [variable]: wanted,
    });
    expect(problemsOf(() => resolveIn(dir.path, { flags: { [key]: text } }))).toEqual({
      [flag]: wanted,
    });
  });
});

test("every problem of every source is named at once, overridden values too", async () => {
  await using dir = await tempDir();
  const file = join(dir.path, "wheelhouse.config.json");
  writeFileSync(file, JSON.stringify({ prot: 1, workers: "2", colour: true, port: 99_999 }));
  const problems = problemsOf(() =>
    resolveIn(dir.path, {
      env: { WHEELHOUSE_GRACE: "soon", WHEELHOUSE_PORT: "http" },
      flags: { port: "8000", host: "a b" },
    }),
  );
  expect(problems).toEqual({
    [`${file}: "prot"`]: 'there is no such key; did you mean "port"?',
    [`${file}: "colour"`]: expect.stringMatching(/^there is no such key; known keys: module, host/),
    [`${file}: "workers"`]: 'found "2", wanted a whole number from 1 to 256',
    [`${file}: "port"`]: expect.stringContaining("found 99999"),
    WHEELHOUSE_GRACE: expect.stringContaining('found "soon"'),
    WHEELHOUSE_PORT: expect.stringContaining('found "http"'),
    "--host": expect.stringContaining('found "a b"'),
  });
});

test("PORT is only looked at when nothing nearer gives the port", async () => {
  await using dir = await tempDir();
  expect(resolveIn(dir.path, { env: { PORT: "tcp://x" }, flags: { port: "1" } }).port).toBe(1);
  expect(resolveIn(dir.path, { env: { PORT: "tcp://x", WHEELHOUSE_PORT: "2" } }).port).toBe(2);
  expect(Object.keys(problemsOf(() => resolveIn(dir.path, { env: { PORT: "tcp://x" } })))).toEqual([
    "PORT",
  ]);
});

test("B121 the chat proxy's variables are checked by name", async () => {
  await using dir = await tempDir();
  const problems = problemsOf(() =>
    resolveIn(dir.path, { env: { CHAT_PROXY_TIMEOUT_SECONDS: "abc", CHAT_APP_PORT: "99999" } }),
  );
  expect(Object.keys(problems)).toEqual(["CHAT_PROXY_TIMEOUT_SECONDS", "CHAT_APP_PORT"]);
  const right = { CHAT_PROXY_TIMEOUT_SECONDS: "300.0", CHAT_APP_PORT: "3000" };
  expect(problemsOf(() => resolveIn(dir.path, { env: right }))).toEqual({});
});

test("the chat proxy is off by default, and takes MLflow's variables when it is on", async () => {
  await using dir = await tempDir();
  const env = {
    CHAT_APP_PORT: "3100",
    CHAT_PROXY_TIMEOUT_SECONDS: "1.5",
    CHAT_PROXY_ALLOWED_EXACT_PATHS: " /x , ,",
    CHAT_PROXY_ALLOWED_PATH_PREFIXES: "/_next/,/z",
  };
  expect(resolveIn(dir.path, { env }).chatProxy).toBeUndefined();
  expect(resolveIn(dir.path, { env, flags: { enableChatProxy: true } }).chatProxy).toEqual({
    port: 3100,
    firstByteTimeoutMs: 1500,
    allowedExactPaths: ["/x"],
    allowedPathPrefixes: ["/_next/", "/z"],
    preset: undefined,
    identityHeaders: "pass",
    command: undefined,
  });
  const flags = { enableChatProxy: "http://localhost:3200" };
  expect(resolveIn(dir.path, { env, flags }).chatProxy?.port).toBe(3200);
});

test("a chat app turns the proxy on, and contradicts one that is turned off", async () => {
  await using dir = await tempDir();
  const chatApp = "npm run dev";
  expect(resolveIn(dir.path, { flags: { chatApp } }).chatProxy?.command).toBe(chatApp);
  expect(
    Object.keys(
      problemsOf(() => resolveIn(dir.path, { flags: { chatApp, enableChatProxy: false } })),
    ),
  ).toEqual(["--chat-app"]);
});

test.each([
  ["--chat-proxy", "enableChatProxy", "http://example.com:3000"],
  ["--chat-proxy", "enableChatProxy", "https://localhost:3000"],
  ["--chat-proxy", "enableChatProxy", "http://localhost:3000/path"],
  ["--chat-path", "chatAllowedPaths", "x"],
  ["--chat-path", "chatAllowedPaths", "/a/../b"],
  ["--chat-prefix", "chatAllowedPrefixes", "/static/*"],
  ["--chat-app-preset", "chatAppPreset", "webpack"],
  ["--chat-app", "chatApp", " "],
  ["--chat-identity-headers", "chatIdentityHeaders", "drop"],
  ["--trusted-proxy", "trustedProxies", "proxy.example"],
])("%s does not take %s=%s", async (flag, key, text) => {
  await using dir = await tempDir();
  expect(Object.keys(problemsOf(() => resolveIn(dir.path, { flags: { [key]: text } })))).toEqual([
    flag,
  ]);
});

test("B25 showing errors is refused on a public bind, whoever asks for it", async () => {
  await using dir = await tempDir();
  const remedy = expect.stringContaining("--host 127.0.0.1");
  expect(
    problemsOf(() => resolveIn(dir.path, { flags: { exposeErrors: true, host: "0.0.0.0" } })),
  ).toEqual({ "--expose-errors": remedy });
  expect(
    problemsOf(() =>
      resolveIn(dir.path, { env: { WHEELHOUSE_EXPOSE_ERRORS: "1", WHEELHOUSE_HOST: "10.0.0.1" } }),
    ),
  ).toEqual({ WHEELHOUSE_EXPOSE_ERRORS: remedy });
  for (const host of ["127.0.0.1", "127.8.9.1", "::1", "localhost", "::ffff:127.0.0.1"]) {
    expect(resolveIn(dir.path, { flags: { exposeErrors: true, host } }).exposeErrors).toBe(true);
  }
  for (const host of ["0.0.0.0", "::", "::ffff:10.0.0.1", "localhost.example", "1127.0.0.1"]) {
    expect(resolveIn(dir.path, { command: "dev", flags: { host } }).exposeErrors).toBe(false);
  }
});

test("a named configuration file must be there and its paths are relative to it", async () => {
  await using dir = await tempDir();
  mkdirSync(join(dir.path, "deploy"));
  const file = join(dir.path, "deploy", "server.json");
  writeFileSync(file, JSON.stringify({ module: "agent.ts", stateDir: "state", bodyLimit: "2mb" }));
  expect(resolveIn(dir.path, { flags: { config: "deploy/server.json" } })).toMatchObject({
    module: join(dir.path, "deploy", "agent.ts"),
    stateDir: join(dir.path, "deploy", "state"),
    bodyLimit: 2_097_152,
    configFile: file,
  });
  expect(problemsOf(() => resolveIn(dir.path, { flags: { config: "missing.json" } }))).toEqual({
    "--config": `there is no file ${join(dir.path, "missing.json")}`,
  });
  expect(problemsOf(() => resolveIn(dir.path, { env: { WHEELHOUSE_CONFIG: "x.json" } }))).toEqual({
    WHEELHOUSE_CONFIG: `there is no file ${join(dir.path, "x.json")}`,
  });
});

test.each(["{", "[]", "null", '"port"'])(
  "a configuration file that is %j is refused",
  async (text) => {
    await using dir = await tempDir();
    const file = join(dir.path, "wheelhouse.config.json");
    writeFileSync(file, text);
    expect(Object.keys(problemsOf(() => resolveIn(dir.path)))).toEqual([file]);
  },
);

test("the state folder: flag, WHEELHOUSE_STATE_DIR, WHEELHOUSE_HOME, ~/.wheelhouse; a file is refused", async () => {
  await using dir = await tempDir();
  const env = { WHEELHOUSE_STATE_DIR: "/one", WHEELHOUSE_HOME: "/two" };
  expect(resolveIn(dir.path, { env, flags: { stateDir: "~/three" } }).stateDir).toBe(
    join(dir.path, "three"),
  );
  expect(resolveIn(dir.path, { env }).stateDir).toBe("/one");
  expect(resolveIn(dir.path, { env: { WHEELHOUSE_HOME: "/two" } }).stateDir).toBe("/two");
  writeFileSync(join(dir.path, "file"), "");
  expect(problemsOf(() => resolveIn(dir.path, { flags: { stateDir: "file/below" } }))).toEqual({
    "--state-dir": expect.stringContaining("is a file"),
  });
});
