import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Found } from "../requirement.js";

/** Finds the command `mlflow` where `npm run test:mlflow` installs it: in the user's cache, or `WHEELHOUSE_MLFLOW`. */
export function findMlflow(env: NodeJS.ProcessEnv = process.env): Found {
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = env["WHEELHOUSE_MLFLOW"] || join(cache, "wheelhouse", "mlflow");
  const path =
    process.platform === "win32"
      ? join(folder, "Scripts", "mlflow.exe")
      : join(folder, "bin", "mlflow");
  return existsSync(join(folder, ".installed")) && existsSync(path)
    ? { path }
    : { missing: "MLflow is not installed (npm run test:mlflow installs it)" };
}
