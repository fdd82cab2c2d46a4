// `npm start`, `npm test`, `npm run soak` and `npm run chaos` on a bare machine: needs nothing but
// Node.js >= 18 and npm. A Node.js and a pnpm that the machine has and that will do are used; else the
// pinned ones come once from the npm registry into tools/*/node_modules, checked against the lockfile there.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";
const pathKey = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
const env = {
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  // A pnpm that is corepack's stand-in would ask before it downloads the real one.
  COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  ...process.env,
};

const DEFAULT_AGENT = "examples/docs-agent/agent.ts";
const FULL_SOAK_SECONDS = "600";

/** What ends a task early; its message is all that is shown. */
class Failure extends Error {}

// --- The tools: Node.js, pnpm, the packages ---

const prependPath = (folder) => {
  env[pathKey] = folder + delimiter + (env[pathKey] ?? "");
};

const versionOf = (command) => {
  const options = {
    cwd: join(root, "tools"),
    env,
    encoding: "utf8",
    shell: windows,
    timeout: 60_000,
  };
  const out = spawnSync(command, ["--version"], options);
  return out.status === 0 ? out.stdout.trim().replace(/^v/, "") : "0.0.0";
};

/** True for a Node.js that the build and test tools run on (the range of tsup 9). */
const runsTools = (version) => {
  const [major, minor] = version.split(".").map(Number);
  return major === 22 ? minor >= 18 : major === 24 ? minor >= 11 : major >= 26;
};

/** Runs the npm that runs us: through its JavaScript, as npm.cmd would need a shell. */
function npm(args, cwd) {
  const options = { cwd, env, stdio: "inherit" };
  const script = process.env.npm_execpath;
  const done = script?.endsWith("npm-cli.js")
    ? spawnSync(process.execPath, [script, ...args], options)
    : spawnSync("npm", args, { ...options, shell: windows });
  return done.status === 0;
}

/** Puts the pinned `command` first on the PATH; installs it in tools/<command> unless it is there. */
function provision(command, scope, bin) {
  const dir = join(root, "tools", command);
  const { version } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
  const platform = `${process.platform}-${process.arch}`;
  const stamp = join(dir, "node_modules", ".provisioned");
  const wanted = `${version} ${platform}`;
  const there = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (!there) {
    console.log(`Installing ${command} ${version} for this workspace (once) ...`);
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    if (!npm(["ci", "--prefix", dir, "--ignore-scripts", "--prefer-offline", ...quiet], dir))
      throw new Failure(`npm could not install ${command} ${version}.`);
  }
  const packages = join(dir, "node_modules", scope);
  const found = existsSync(packages)
    ? readdirSync(packages).find((name) => /^(node-|exe\.)/.test(name))
    : undefined;
  if (found !== undefined) prependPath(join(packages, found, bin));
  // npm skips an optional package that it cannot fetch or that is for another platform, and is content.
  if (found === undefined || versionOf(command) !== version)
    throw new Failure(
      `${command} ${version} could not be fetched for ${platform}: look at the network, or install ${command} yourself.`,
    );
  if (!there) writeFileSync(stamp, wanted);
}

/** Installs the workspace's packages unless those of this very lockfile are there. */
async function installPackages() {
  const installed = join(root, "node_modules", ".installed");
  const lock = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"])
    lock.update(readFileSync(join(root, file)));
  const digest = lock.digest("hex");
  if (existsSync(installed) && readFileSync(installed, "utf8") === digest) return;
  // Without the last flag pnpm asks before it replaces a node_modules that another tool made.
  const flags = ["--frozen-lockfile", "--prefer-offline", "--config.confirmModulesPurge=false"];
  await mustRun("pnpm install", "pnpm", "install", ...flags);
  writeFileSync(installed, digest);
}

async function prepare() {
  if (runsTools(process.versions.node)) prependPath(dirname(process.execPath));
  else provision("node", "", "bin");
  if (!versionOf("pnpm").startsWith("12.")) provision("pnpm", "@pnpm", "");
  await installPackages();
}

// --- Running a step ---

/**
 * Runs one step to its end; true when it went well. A terminal's Ctrl-C reaches the step itself, a
 * SIGTERM is passed on, and so is the end of npm: its shell dies without a word to us, which shows
 * as another parent.
 */
function run(command, ...args) {
  return new Promise((resolve) => {
    const shell = windows && command !== "node";
    const child = spawn(command, args, { cwd: root, env, stdio: "inherit", shell });
    let told = false;
    const interrupt = () => (told = true);
    const stop = () => {
      told = true;
      child.kill("SIGTERM");
    };
    process.on("SIGINT", interrupt).on("SIGTERM", stop).on("SIGHUP", stop);
    const parent = process.ppid;
    const watch = setInterval(() => process.ppid === parent || stop(), 250);
    child.on("error", (error) => {
      console.error(String(error));
      resolve(false);
    });
    child.on("close", (code, signal) => {
      clearInterval(watch);
      process.off("SIGINT", interrupt).off("SIGTERM", stop).off("SIGHUP", stop);
      if (told && signal) process.exit(128 + (constants.signals[signal] ?? 0));
      resolve(code === 0);
    });
  });
}

async function mustRun(name, command, ...args) {
  if (!(await run(command, ...args))) throw new Failure(`${name} failed.`);
}

const turbo = (...args) => ["exec", "turbo", "run", ...args];

// --- The tasks ---

/** Serves the example agent, or the module that the first argument names. */
async function start(args) {
  const named = args[0] !== undefined && !args[0].startsWith("-");
  const agent = named ? args[0] : DEFAULT_AGENT;
  const options = named ? args.slice(1) : args;
  await prepare();
  const filters = ["--filter=@wheelhouse/server...", "--filter=@wheelhouse/docs-agent..."];
  await mustRun("build", "pnpm", ...turbo("build", ...filters, "--output-logs=errors-only"));
  const server = join("apps", "server", "dist", "main.js");
  return await run("node", "--enable-source-maps", server, "dev", agent, ...options);
}

/** Every check, then every test; arguments go to vitest (`npm test -- packages/core`). */
async function test(args) {
  await prepare();
  const tasks = turbo("build", "typecheck", "typecheck:root", "--output-logs=new-only");
  await mustRun("build or typecheck", "pnpm", ...tasks);
  for (const check of ["lint", "format:check", "unused"])
    await mustRun(check, "pnpm", "run", check);
  return await vitest(args);
}

/** One of the long projects at its full length, unless WHEELHOUSE_SOAK_SECONDS says otherwise. */
const long = (project) => async (args) => {
  env.WHEELHOUSE_SOAK_SECONDS ??= FULL_SOAK_SECONDS;
  await prepare();
  await mustRun("build", "pnpm", ...turbo("build", "--output-logs=errors-only"));
  return await vitest(["--project", project, ...args]);
};

/** Runs vitest and ends with the closing line, also when vitest crashes before it has counted. */
async function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), "wheelhouse-run-"));
  env.WHEELHOUSE_TEST_COUNTS = join(folder, "counts.json");
  try {
    const ok = await run("pnpm", "exec", "vitest", "run", ...args);
    const { passed, failed, skipped } = existsSync(env.WHEELHOUSE_TEST_COUNTS)
      ? JSON.parse(readFileSync(env.WHEELHOUSE_TEST_COUNTS, "utf8"))
      : { passed: 0, failed: 0, skipped: 0 };
    // Vitest also fails for what is no test, such as a coverage threshold.
    closingLine(passed, ok ? failed : Math.max(failed, 1), skipped);
    return ok;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function closingLine(passed, failed, skipped = 0) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
}

const tasks = { start, test, soak: long("soak"), chaos: long("chaos") };
const [name, ...args] = process.argv.slice(2);
try {
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (task === undefined)
    throw new Failure(`usage: node scripts/run.mjs ${Object.keys(tasks).join("|")} [arguments]`);
  process.exitCode = (await task(args)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Failure ? error.message : error);
  if (name !== "start") closingLine(0, 1);
  process.exitCode = 1;
}
