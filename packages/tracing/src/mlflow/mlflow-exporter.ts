import { batchSettings } from "../export/batch-options.js";
import { BatchSink } from "../export/batch-sink.js";
import { withoutCredentials } from "../export/without-credentials.js";
import type { SpanSink } from "../pipeline/span-sink.js";
import { gitVersionName } from "./git-version.js";
import { createMlflowClient } from "./mlflow-client.js";
import { type MlflowExporterOptions, mlflowSettings } from "./mlflow-options.js";

/** MLflow's experiment `Default`. */
const DEFAULT_EXPERIMENT = "0";

/**
 * Sends spans to an MLflow tracking server, through its OTLP intake (mlflow-today, chapter 6). The server is
 * asked for the experiment and the version with the first span, not at start-up.
 *
 * @throws TypeError or RangeError that names the option or the variable.
 */
export function mlflowExporter(options: MlflowExporterOptions = {}): SpanSink {
  const settings = mlflowSettings(options, process.env);
  const client = createMlflowClient(settings);
  const { trackingUri, runId } = settings;
  let experimentId = settings.experimentId;
  let modelId: string | undefined;

  return new BatchSink({
    name: "mlflow",
    what: `The MLflow server at ${withoutCredentials(trackingUri)}`,
    settings: batchSettings(options, process.env),
    serviceName: options.serviceName,
    async createExporter({ otlp }) {
      const { experimentName, version } = settings;
      experimentId ??=
        experimentName === undefined
          ? DEFAULT_EXPERIMENT
          : await client.experimentId(experimentName);
      if (version === "git") {
        const name = await gitVersionName();
        if (name !== undefined) modelId = await client.modelId(experimentId, name);
      } else modelId = version?.modelId;
      return new otlp.OTLPTraceExporter({
        url: `${trackingUri}/v1/traces`,
        headers: {
          ...settings.headers,
          "x-mlflow-experiment-id": experimentId,
          ...(runId === undefined ? {} : { "x-mlflow-run-id": runId }),
        },
      });
    },
    async onExported(records) {
      if (modelId === undefined || experimentId === undefined) return;
      for (const record of records)
        if (record.isRoot) await client.linkTrace(record, experimentId, modelId);
    },
  });
}
