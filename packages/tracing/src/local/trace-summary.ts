import type { SpanJson, SpanStatusText } from "./span-json.js";

/** A trace in a list. */
export interface TraceSummary {
  /** `tr-` and 32 hex digits: MLflow's name for it. */
  readonly trace_id: string;
  /** The root span's name. */
  readonly name: string;
  readonly status: SpanStatusText;
  /** Unix milliseconds, with fractions. */
  readonly start_time: number;
  readonly duration_ms: number;
  readonly session_id: string | null;
  readonly user_id: string | null;
  /** Tokens, as MLflow counts them; null where nobody told. */
  readonly usage: Readonly<Record<string, number>> | null;
  /** Milliseconds to the first token; null for an answer that came whole. */
  readonly time_to_first_token_ms: number | null;
}

/** What a trace's spans say of it as a whole. At least one; the root may be missing while the run is under way. */
export function traceSummary(spans: readonly SpanJson[]): TraceSummary {
  const ids = new Set(spans.map(({ span_id }) => span_id));
  const root =
    spans.find(({ parent_id }) => parent_id === null || !ids.has(parent_id)) ?? spans[0]!;
  const { attributes } = root;
  const firstToken = attributes["gen_ai.response.time_to_first_chunk"];
  return {
    trace_id: root.trace_id,
    name: root.name,
    status: root.status,
    start_time: root.start_time,
    duration_ms: root.duration_ms,
    session_id: textOf(attributes["session.id"]),
    user_id: textOf(attributes["user.id"]),
    usage: usageOf(attributes["mlflow.chat.tokenUsage"]),
    time_to_first_token_ms:
      typeof firstToken === "number" ? Math.round(firstToken * 1e6) / 1e3 : null,
  };
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** An author may have set the attribute to anything. */
function usageOf(value: unknown): Record<string, number> | null {
  if (typeof value !== "string") return null;
  try {
    return JSON.parse(value) as Record<string, number>;
  } catch {
    return null;
  }
}
