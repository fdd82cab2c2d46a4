import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Found, findExecutable } from "@wheelhouse/test-support";

const run = promisify(execFile);

/** OpenAI's client for Python, with what its WebSocket needs. */
const PACKAGE = "openai[realtime]==3.22.1";
/** Milliseconds for its download, which takes five seconds. */
const INSTALL_MS = 120_000;
/** Milliseconds for a script. */
const SCRIPT_MS = 60_000;

/** Where the packages are kept between runs, outside the repository. */
const FOLDER = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "wheelhouse",
  PACKAGE.replace(/[^\w.]+/g, "-"),
);

/** Finds Python, and puts the client into a folder of its own the first time. */
export async function findOpenaiPython(): Promise<Found> {
  const path = findExecutable("python3");
  if (path === undefined) return { missing: "python3 is not installed" };
  try {
    if (!existsSync(FOLDER)) await install(path);
    await run(path, ["-c", "import openai, websockets"], { env: envOf(), timeout: SCRIPT_MS });
    return { path };
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim();
    return { missing: `${PACKAGE} is not there (python3 -m pip): ${said.split("\n").at(-1)}` };
  }
}

/** Runs a script beside this file; gives what it printed. */
export async function runPython(path: string, script: string, ...args: string[]): Promise<string> {
  const file = join(import.meta.dirname, script);
  const { stdout } = await run(path, [file, ...args], { env: envOf(), timeout: SCRIPT_MS });
  return stdout;
}

async function install(python: string): Promise<void> {
  await mkdir(dirname(FOLDER), { recursive: true });
  const half = await mkdtemp(`${FOLDER}.`);
  try {
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(python, [...pip, "--target", half, PACKAGE], { timeout: INSTALL_MS });
    await rename(half, FOLDER);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    // Another run may have been faster.
    if (!existsSync(FOLDER)) throw error;
  }
}

/** The environment without what would send the client elsewhere. */
function envOf(): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(([name]) => !/^(?:OPENAI_|PYTHON)/.test(name));
  return { ...Object.fromEntries(env), PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: "1" };
}
