// `npm run test:mlflow`: installs MLflow where it is not yet, then runs the tests that need its server.
import { spawnSync } from "node:child_process";
import { setupMlflow } from "./setup-mlflow.mjs";

setupMlflow();
const { status } = spawnSync(
  "pnpm",
  ["exec", "vitest", "run", "conformance/test/mlflow.services.test.ts", ...process.argv.slice(2)],
  {
    stdio: "inherit",
    shell: process.platform === "win32",
    env: { ...process.env, WHEELHOUSE_REQUIRE: "mlflow" },
  },
);
process.exitCode = status ?? 1;
