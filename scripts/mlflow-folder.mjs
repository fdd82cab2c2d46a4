import { homedir } from "node:os";
import { join } from "node:path";

/** Where MLflow is installed for tests: outside of the repository, for all its copies. */
export function mlflowFolder(env = process.env) {
  const cache = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return env.WHEELHOUSE_MLFLOW || join(cache, "wheelhouse", "mlflow");
}

/** The command in that folder. */
export function mlflowCommand(folder = mlflowFolder()) {
  return process.platform === "win32"
    ? join(folder, "Scripts", "mlflow.exe")
    : join(folder, "bin", "mlflow");
}
