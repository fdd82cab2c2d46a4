/**
 * Who may import whom: the table of the architecture as data. Internal edges are exhaustive. Every
 * workspace package has a row; rows of packages that do not exist yet wait for them.
 */
export interface ImportRule {
  /** Packages of ours that it may have as dependency or peer and import in `src/`, without the scope. */
  readonly internal: readonly string[];
  /** True when its `src/` has to run in a browser: nothing built into Node. */
  readonly browserSafe?: boolean;
}

const EVERYTHING = [
  "core",
  "store",
  "store-redis",
  "http",
  "agent-sdk",
  "agent-server",
  "assistant-server",
  "assistant-provider-claude",
  "proxy",
  "tracing",
  "client",
  "assistant-ui",
  "console",
  "testing",
];

/** By the name without `@wheelhouse/`. */
export const IMPORT_RULES: Readonly<Record<string, ImportRule>> = {
  core: { internal: [], browserSafe: true },
  store: { internal: ["core"] },
  "store-redis": { internal: ["core", "store"] },
  http: { internal: ["core"] },
  "agent-sdk": { internal: ["core"] },
  tracing: { internal: ["core", "store", "http"] },
  client: { internal: ["core"], browserSafe: true },
  proxy: { internal: ["core", "http"] },
  "agent-server": { internal: ["core", "http", "store", "agent-sdk"] },
  "assistant-server": { internal: ["core", "http", "store"] },
  "assistant-provider-claude": { internal: ["core"] },
  "assistant-ui": { internal: ["core", "client"] },
  console: { internal: ["core", "client", "assistant-ui"] },
  testing: {
    internal: ["core", "http", "store", "agent-sdk", "agent-server", "assistant-server", "client"],
  },
  "test-support": { internal: ["core"] },
  server: { internal: EVERYTHING },
};

/**
 * Third-party packages, by regular expression over the name, that only the packages named may depend
 * on or import in `src/`; the app, which composes everything, may too. Development dependencies are
 * free: a test may use an application of its own.
 */
export const EXCLUSIVE: readonly {
  readonly pattern: RegExp;
  readonly owners: readonly string[];
}[] = [
  { pattern: /^(zod|eventsource-parser)$/, owners: ["core"] },
  { pattern: /^(@types\/)?(express|ws|helmet)$/, owners: ["http"] },
  { pattern: /^@opentelemetry\/api$/, owners: ["agent-sdk", "tracing"] },
  { pattern: /^@opentelemetry\/(?!api$)/, owners: ["tracing"] },
  // What `testing` offers works under any test runner.
  { pattern: /^(vitest|jest|mocha)$/, owners: ["test-support"] },
];

/** The one file with its folder that may import `node:sqlite`, whose import warns on some Nodes. */
export const SQLITE_FILES = /^packages\/store\/src\/sqlite(\.ts|\/)/;

/** Workspace folders that use the packages as an outsider does: by published names, in any file. */
export const OUTSIDERS = /^(conformance|benchmarks|examples\/[^/]+)$/;

/** Who may have a private or test package as a development dependency, besides the table. */
export const DEV_ONLY: Readonly<Record<string, (folder: string) => boolean>> = {
  "test-support": (folder) => !/^(examples\/|benchmarks$)/.test(folder),
  testing: (folder) => OUTSIDERS.test(folder),
};
