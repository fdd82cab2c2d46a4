import { execFile } from "node:child_process";

/** Milliseconds git may take. */
const GIT_MS = 5_000;

/**
 * What MLflow's git-based tracking calls this version of the agent: the app's name (`DATABRICKS_APP_NAME`,
 * else `local`), `-git-` and eight digits of the commit. Undefined where there is no repository or no git:
 * a model named `-no-git` would stand for every version at once.
 */
export async function gitVersionName(
  env: Readonly<Record<string, string | undefined>> = process.env,
  cwd: string = process.cwd(),
): Promise<string | undefined> {
  const commit = await new Promise<string>((resolve) => {
    const options = { cwd, timeout: GIT_MS, windowsHide: true };
    execFile("git", ["rev-parse", "HEAD"], options, (error, stdout) =>
      resolve(error === null ? stdout.trim() : ""),
    );
  });
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)) return undefined;
  return `${env["DATABRICKS_APP_NAME"] || "local"}-git-${commit.slice(0, 8)}`;
}
