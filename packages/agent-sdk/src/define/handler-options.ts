import type {
  AgentOptions,
  CrashPolicy,
  DisconnectPolicy,
  OverlapPolicy,
  ServerTools,
} from "@wheelhouse/core";
import { isStandardSchema, type StandardSchema } from "./standard-schema.js";

/** Custom inputs of an agent without a schema. */
export type AnyCustomInputs = Record<string, unknown>;

/** What an author may say of an agent's function. All of it is checked when the function is defined. */
export interface HandlerOptions<CustomInputs = AnyCustomInputs> {
  /** The agent's name: 1 to 64 letters, digits, `_`, `.`, `:` or `-`. Default `agent`. */
  readonly name?: string | undefined;
  /** Checks and types `custom_inputs`: a zod schema or any other Standard Schema. Default: unchecked. */
  readonly customInputs?: StandardSchema<CustomInputs> | undefined;
  /** A run's time limit in milliseconds. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** What happens to a run whose client left. Default `cancel`. */
  readonly disconnect?: DisconnectPolicy | undefined;
  /** Runs at the same time. Default: no limit. */
  readonly concurrency?: number | undefined;
  /** Runs that may wait for a place; one more is answered 429. Default 100. */
  readonly maxQueued?: number | undefined;
  /** Whether the other half is made from this one where it is missing. Default true. */
  readonly derive?: boolean | undefined;
  /** How tools that the agent itself ran show. Default: `mcp_call` on /responses, `pair` on /invocations. */
  readonly serverTools?: ServerTools | undefined;
  /** What becomes of a stored run whose process died. Default `fail`. */
  readonly onCrash?: CrashPolicy | undefined;
  /** What becomes of a request for a conversation that a run is still writing to. Default `reject`. */
  readonly overlap?: OverlapPolicy | undefined;
  /** `import.meta.url` of the module that defines the agent: runs go to worker threads (B48). */
  readonly worker?: string | undefined;
}

/** {@link HandlerOptions} with every default in place. */
export interface ResolvedOptions extends AgentOptions {
  readonly name: string;
  readonly customInputs: StandardSchema | undefined;
  readonly worker: string | undefined;
}

/** Names that options go by. A key that is not here is a spelling mistake. */
const KEYS = [
  "name",
  "customInputs",
  "timeoutMs",
  "disconnect",
  "concurrency",
  "maxQueued",
  "derive",
  "serverTools",
  "onCrash",
  "overlap",
  "worker",
];

/** The longest a timer can wait in Node: a larger one would fire at once. About 24.8 days. */
const MAX_MS = 2 ** 31 - 1;

/** Checks options and fills in the defaults. Throws a TypeError that names the option. */
export function resolveOptions(given: unknown): ResolvedOptions {
  if (
    given !== undefined &&
    (typeof given !== "object" || given === null || Array.isArray(given))
  ) {
    throw new TypeError("the options of an agent must be an object");
  }
  const options = (given ?? {}) as Record<string, unknown>;
  const unknownKey = Object.keys(options).find((key) => !KEYS.includes(key));
  if (unknownKey !== undefined) {
    throw new TypeError(`unknown option "${unknownKey}": an agent's are ${KEYS.join(", ")}`);
  }
  const { name = "agent", customInputs, disconnect = "cancel", derive = true } = options;
  const { timeoutMs, concurrency, maxQueued = 100, serverTools, worker } = options;
  const { onCrash = "fail", overlap = "reject" } = options;

  check(typeof name === "string" && /^[\w.:-]{1,64}$/.test(name), "name", NAME_RULE, name);
  check(
    customInputs === undefined || isStandardSchema(customInputs),
    "customInputs",
    "must be a Standard Schema, such as z.object({...})",
    customInputs,
  );
  checkWhole("timeoutMs", timeoutMs, 1, MAX_MS);
  checkDisconnect(disconnect);
  checkWhole("concurrency", concurrency, 1, Number.MAX_SAFE_INTEGER);
  checkWhole("maxQueued", maxQueued, 0, Number.MAX_SAFE_INTEGER);
  check(typeof derive === "boolean", "derive", "must be true or false", derive);
  check(
    serverTools === undefined || ["pair", "mcp_call", "hidden"].includes(serverTools as string),
    "serverTools",
    'must be "pair", "mcp_call" or "hidden"',
    serverTools,
  );
  check(
    ["fail", "restart", "resume"].includes(onCrash as string),
    "onCrash",
    'must be "fail", "restart" or "resume"',
    onCrash,
  );
  check(
    ["reject", "queue", "interrupt"].includes(overlap as string),
    "overlap",
    'must be "reject", "queue" or "interrupt"',
    overlap,
  );
  check(
    worker === undefined || (typeof worker === "string" && isFileUrl(worker)),
    "worker",
    "must be a file: URL, such as import.meta.url",
    worker,
  );
  return Object.freeze({
    name,
    customInputs,
    timeoutMs,
    disconnect: typeof disconnect === "object" ? Object.freeze({ ...disconnect }) : disconnect,
    concurrency,
    maxQueued,
    derive,
    serverTools,
    onCrash,
    overlap,
    worker,
  }) as ResolvedOptions;
}

const NAME_RULE = "must be 1 to 64 letters, digits, _ . : or -";

function check(holds: boolean, option: string, rule: string, value: unknown): asserts holds {
  if (!holds) throw new TypeError(`option "${option}" ${rule}, not ${describe(value)}`);
}

function checkWhole(option: string, value: unknown, min: number, max: number): void {
  const holds =
    value === undefined ||
    (Number.isInteger(value) && Number(value) >= min && Number(value) <= max);
  const upTo = max === MAX_MS ? ` to ${MAX_MS}` : "";
  check(holds, option, `must be a whole number from ${min}${upTo}`, value);
}

function checkDisconnect(value: unknown): void {
  if (value === "cancel" || value === "detach") return;
  const isGrace = typeof value === "object" && value !== null && "graceMs" in value;
  check(isGrace, "disconnect", 'must be "cancel", "detach" or {graceMs}', value);
  check(value.graceMs !== undefined, "disconnect.graceMs", "must be given", value.graceMs);
  checkWhole("disconnect.graceMs", value.graceMs, 0, MAX_MS);
}

function isFileUrl(value: string): boolean {
  return URL.canParse(value) && new URL(value).protocol === "file:";
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "number") return String(value);
  return value === null ? "null" : `a value of type ${typeof value}`;
}
