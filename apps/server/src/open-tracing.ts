import { join } from "node:path";
import { errorText, type Logger } from "@wheelhouse/core";
import type { TraceStore } from "@wheelhouse/store";
import { createSqliteTraceStore } from "@wheelhouse/store/sqlite";
import { createTracing, exportersFromEnv, type Tracing } from "@wheelhouse/tracing";
import type { ServerConfig } from "./config/server-config.js";
import { StartError } from "./start-error.js";

/**
 * The tracing of a serving process: into `traces.db` in the state folder, and wherever the environment says
 * (`MLFLOW_TRACKING_URI`, `OTEL_EXPORTER_OTLP_ENDPOINT`). A file that cannot be used costs traces, not the
 * server.
 * @throws StartError for a variable that cannot be used.
 */
export function openTracing({ stateDir, store }: ServerConfig, logger: Logger): Tracing {
  try {
    return createTracing({
      // Who stores no responses does not want what was said in traces either.
      store: store ? openStore(join(stateDir, "traces.db"), logger) : undefined,
      exporters: exportersFromEnv(),
      logger,
    });
  } catch (error) {
    throw new StartError("config", errorText(error), { cause: error });
  }
}

function openStore(path: string, logger: Logger): TraceStore | undefined {
  try {
    return createSqliteTraceStore({ path, logger });
  } catch (error) {
    logger.warn({ reason: errorText(error) }, "Traces are not kept; the server works without.");
    return undefined;
  }
}
