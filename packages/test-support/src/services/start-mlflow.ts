import { join } from "node:path";
import { tempDir } from "../temp-dir.js";
import { findMlflow } from "./find-mlflow.js";
import { onFreePort } from "./on-free-port.js";
import { type RunningService, spawnService } from "./running-service.js";

/** Python loads for a while, and a new database goes through all of MLflow's migrations. */
const START_MS = 120_000;

/**
 * Starts an MLflow tracking server without any data on a free loopback port, on a SQLite file of its own.
 * Throws where {@link findMlflow} finds none.
 */
export async function startMlflow(): Promise<RunningService> {
  const found = findMlflow();
  if ("missing" in found) throw new Error(found.missing);
  const folder = await tempDir("mlflow-");
  try {
    return await onFreePort(async (port) => {
      const service = await spawnService(
        found.path,
        "server --host 127.0.0.1 --workers 1"
          .split(" ")
          .concat("--port", String(port))
          .concat("--backend-store-uri", `sqlite:///${join(folder.path, "mlflow.db")}`)
          .concat("--artifacts-destination", join(folder.path, "artifacts")),
        {
          cwd: folder.path,
          env: { MLFLOW_DISABLE_TELEMETRY: "true", DO_NOT_TRACK: "true" },
          ready: /Application startup complete/,
          startMs: START_MS,
          stopSignal: "SIGTERM",
          killSignal: "SIGKILL",
        },
      );
      return {
        url: `http://127.0.0.1:${port}`,
        port,
        pid: service.pid,
        [Symbol.asyncDispose]: async () => {
          await service[Symbol.asyncDispose]();
          await folder[Symbol.asyncDispose]();
        },
      };
    });
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}
