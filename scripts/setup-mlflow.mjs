// Installs MLflow for `npm run test:mlflow`, into a folder of the user's cache: once, later runs find it.
// Prints the path of the command `mlflow`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mlflowFolder, mlflowCommand } from "./mlflow-folder.mjs";

/** Any release of this line: its OTLP intake and its REST API are what the test speaks to. */
const MLFLOW = "mlflow>=3.17,<4";

/** Makes sure that MLflow is there; gives the path of its command. */
export function setupMlflow() {
  const folder = mlflowFolder();
  const done = join(folder, ".installed");
  if (existsSync(done)) return mlflowCommand(folder);
  // What a run that was broken off has left.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`Installing ${MLFLOW} into ${folder} (some minutes, about 900 MB).`);
  const python = process.platform === "win32" ? "python" : "python3";
  const run = (command, args) => execFileSync(command, args, { stdio: ["ignore", 2, 2] });
  run(python, ["-m", "venv", folder]);
  const bin = join(folder, process.platform === "win32" ? "Scripts" : "bin");
  run(join(bin, "python"), ["-m", "pip", "install", "--quiet", MLFLOW]);
  writeFileSync(done, MLFLOW);
  return mlflowCommand(folder);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(setupMlflow());
