import type { BatchOptions } from "../export/batch-options.js";

/** Which MLflow. What is not given comes from MLflow's own environment variables. */
export interface MlflowExporterOptions extends BatchOptions {
  /** `http://127.0.0.1:5000`. Default `MLFLOW_TRACKING_URI`. */
  readonly trackingUri?: string | undefined;
  /** Default `MLFLOW_EXPERIMENT_ID`. */
  readonly experimentId?: string | undefined;
  /**
   * Instead of an id; made when it is not there, as MLflow does. Default `MLFLOW_EXPERIMENT_NAME`. Without
   * either: MLflow's experiment `Default`, id `0`.
   */
  readonly experimentName?: string | undefined;
  /** Traces are linked to that run. Default `MLFLOW_RUN_ID`. */
  readonly runId?: string | undefined;
  /** Default `MLFLOW_WORKSPACE`. */
  readonly workspace?: string | undefined;
  /** Default `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Bearer token; user and password win. Default `MLFLOW_TRACKING_TOKEN`. */
  readonly token?: string | undefined;
  /**
   * Which version of the agent traces are linked to. `git`: the LoggedModel named after the app and the
   * commit, made when it is not there, as MLflow's git-based tracking does; outside of a repository none.
   * Default: the LoggedModel of `MLFLOW_ACTIVE_MODEL_ID`, else none.
   */
  readonly version?: "git" | { readonly modelId: string } | undefined;
  /** Where `OTEL_SERVICE_NAME` is unset. Default `wheelhouse`. */
  readonly serviceName?: string | undefined;
}

/** The options with what the environment gives. */
export interface MlflowSettings {
  /** Without a slash at the end. */
  readonly trackingUri: string;
  readonly experimentId: string | undefined;
  readonly experimentName: string | undefined;
  readonly runId: string | undefined;
  readonly version: "git" | { readonly modelId: string } | undefined;
  /** Authentication and workspace: on every request. */
  readonly headers: Readonly<Record<string, string>>;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Fills in what the environment gives.
 *
 * @throws TypeError that says what is missing or cannot be used.
 */
export function mlflowSettings(options: MlflowExporterOptions, env: Env): MlflowSettings {
  const of = (given: string | undefined, variable: string): string | undefined =>
    given ?? (env[variable]?.trim() || undefined);
  const uri = of(options.trackingUri, "MLFLOW_TRACKING_URI");
  const modelId = of(undefined, "MLFLOW_ACTIVE_MODEL_ID");
  return {
    trackingUri: checkUri(uri),
    experimentId: of(options.experimentId, "MLFLOW_EXPERIMENT_ID"),
    experimentName: of(options.experimentName, "MLFLOW_EXPERIMENT_NAME"),
    runId: of(options.runId, "MLFLOW_RUN_ID"),
    version: options.version ?? (modelId === undefined ? undefined : { modelId }),
    headers: {
      ...authorization(
        of(options.username, "MLFLOW_TRACKING_USERNAME"),
        of(options.password, "MLFLOW_TRACKING_PASSWORD"),
        of(options.token, "MLFLOW_TRACKING_TOKEN"),
      ),
      ...workspaceHeader(of(options.workspace, "MLFLOW_WORKSPACE")),
    },
  };
}

function checkUri(uri: string | undefined): string {
  if (uri === undefined)
    throw new TypeError("trackingUri or MLFLOW_TRACKING_URI must name the MLflow server.");
  if (!isMlflowServer(uri))
    throw new TypeError(
      "trackingUri must be the address of an MLflow server, http:// or https://: files, databases and databricks are reached through one.",
    );
  return uri.replace(/\/+$/, "");
}

/** Whether a tracking URI names a server. MLflow also takes folders, databases and `databricks`. */
export function isMlflowServer(uri: string): boolean {
  return /^https?:\/\//i.test(uri) && URL.canParse(uri);
}

/** Basic before bearer, as MLflow's own client. */
function authorization(
  username: string | undefined,
  password: string | undefined,
  token: string | undefined,
): Record<string, string> {
  if (username !== undefined && password !== undefined)
    return {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
    };
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

const workspaceHeader = (workspace: string | undefined): Record<string, string> =>
  workspace === undefined ? {} : { "x-mlflow-workspace": workspace };
