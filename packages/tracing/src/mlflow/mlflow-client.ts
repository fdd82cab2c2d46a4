import type { SpanRecord } from "../span/span-record.js";
import type { MlflowSettings } from "./mlflow-options.js";

/** Milliseconds one request to MLflow may take. */
const REQUEST_MS = 10_000;

/** Characters of an error body that go into the message. */
const MAX_BODY = 500;

/** The few things asked of MLflow's REST API beside OTLP. */
export interface MlflowClient {
  /** The experiment's id, by its name; made when it is not there. */
  experimentId(name: string): Promise<string>;
  /** The id of the LoggedModel of that name in the experiment; made when it is not there. */
  modelId(experimentId: string, name: string): Promise<string>;
  /** Links a trace that MLflow has to a LoggedModel. */
  linkTrace(record: SpanRecord, experimentId: string, modelId: string): Promise<void>;
}

interface Answer {
  readonly experiment?: { readonly experiment_id: string };
  readonly experiment_id?: string;
  readonly model?: { readonly info: { readonly model_id: string } };
  readonly models?: readonly { readonly info: { readonly model_id: string } }[];
  readonly error_code?: string;
}

/** Speaks to the server of the settings. Each call rejects with what MLflow answered, or after 10 s. */
export function createMlflowClient({ trackingUri, headers }: MlflowSettings): MlflowClient {
  const call = async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${trackingUri}/api/${path}`, {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would take the credentials along.
      redirect: "error",
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    const text = await response.text();
    const answer = parse(text);
    if (response.ok || answer?.error_code === "RESOURCE_DOES_NOT_EXIST") return answer ?? {};
    throw new Error(`MLflow answered ${response.status} to ${path}: ${text.slice(0, MAX_BODY)}`);
  };
  const missing = (what: string): Error => new Error(`MLflow gave no ${what}.`);

  return {
    async experimentId(name) {
      const found = await call(
        "GET",
        `2.0/mlflow/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`,
      );
      if (found.experiment !== undefined) return found.experiment.experiment_id;
      const made = await call("POST", "2.0/mlflow/experiments/create", { name });
      if (made.experiment_id === undefined) throw missing("experiment");
      return made.experiment_id;
    },
    async modelId(experimentId, name) {
      const found = await call("POST", "2.0/mlflow/logged-models/search", {
        experiment_ids: [experimentId],
        filter: `name = '${name.replaceAll("'", "''")}'`,
        max_results: 1,
      });
      const known = found.models?.[0]?.info.model_id;
      if (known !== undefined) return known;
      const made = await call("POST", "2.0/mlflow/logged-models", {
        experiment_id: experimentId,
        name,
        model_type: "agent",
        tags: [{ key: "mlflow.model.isExternal", value: "true" }],
      });
      const modelId = made.model?.info.model_id;
      if (modelId === undefined) throw missing("model");
      await call("PATCH", `2.0/mlflow/logged-models/${encodeURIComponent(modelId)}`, {
        model_id: modelId,
        status: "LOGGED_MODEL_READY",
      });
      return modelId;
    },
    async linkTrace(record, experimentId, modelId) {
      const failed = record.outcome === "error" || record.outcome === "cancelled";
      const seconds = Math.max(0, record.endTime - record.startTime) / 1000;
      // MLflow merges this into what it has of the trace; OTLP has no place for it.
      await call("POST", "3.0/mlflow/traces", {
        trace: {
          trace_info: {
            trace_id: `tr-${record.traceId}`,
            trace_location: {
              type: "MLFLOW_EXPERIMENT",
              mlflow_experiment: { experiment_id: experimentId },
            },
            request_time: new Date(record.startTime).toISOString(),
            execution_duration: `${seconds.toFixed(3)}s`,
            state: failed ? "ERROR" : "OK",
            request_preview: record.inputs?.slice(0, 1_000),
            response_preview: record.outputs?.slice(0, 1_000),
            trace_metadata: { "mlflow.modelId": modelId, "mlflow.trace_schema.version": "3" },
            tags: {},
          },
        },
      });
    },
  };
}

function parse(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}
