import { AppError, createId, type User } from "@wheelhouse/core";
import type { Records, StoredRecord } from "@wheelhouse/store";
import type { Trace, Traces } from "../local/traces.js";
import type { FeedbackInput } from "./feedback-entry.js";

/** Feedback as it is kept: with what was asked and answered, since the trace itself goes after some days. */
export interface FeedbackEntry extends FeedbackInput {
  readonly id: string;
  /** `tr-` and 32 hex digits. */
  readonly trace_id: string;
  /** Who gave it; null where nobody is asked. */
  readonly user_id: string | null;
  /** Unix milliseconds. */
  readonly created_at: number;
  /** The run's, as the trace has them; null where there is no local store. */
  readonly inputs: unknown;
  readonly outputs: unknown;
}

/** A line of an evaluation set: the fields of MLflow's evaluation data, and the feedback behind it. */
export interface EvaluationRow {
  readonly trace_id: string;
  readonly inputs: unknown;
  readonly outputs: unknown;
  /** `expected_response`: the correction, where there is one. */
  readonly expectations: Readonly<Record<string, unknown>>;
  readonly feedback: Pick<FeedbackEntry, "thumb" | "comment" | "user_id" | "created_at">;
}

/** A page of an evaluation set. */
export interface EvaluationPage {
  readonly rows: readonly EvaluationRow[];
  readonly next: string | undefined;
}

/** What people think of answers. */
export interface Feedback {
  /**
   * Keeps feedback to a trace.
   *
   * @throws AppError `not_found` for a trace that the local store has not (any more), `conflict` when the
   *   trace has too much of it already.
   */
  add(traceId: string, input: FeedbackInput, user: User | null): Promise<FeedbackEntry>;
  /** The feedback to one trace, the newest first. */
  list(traceId: string): Promise<FeedbackEntry[]>;
  /** Feedback as an evaluation set, the oldest first: what a cursor has passed does not come again. */
  evaluationSet(options?: {
    limit?: number | undefined;
    cursor?: string | undefined;
  }): Promise<EvaluationPage>;
}

/** Entries one trace may have. */
const MAX_ENTRIES = 100;

const TRACE_ID = /^(?:tr-)?([0-9a-f]{32})$/;

/** Keeps feedback in a store's records. */
export function createFeedback(records: Records, traces: Traces | undefined): Feedback {
  const entries = records.collection<FeedbackEntry>("feedback", {
    indexes: { trace: (entry) => entry.trace_id },
  });
  const of = async (traceId: string): Promise<readonly StoredRecord<FeedbackEntry>[]> =>
    entries.list({ index: { key: "trace", value: traceId }, limit: MAX_ENTRIES });

  return {
    async add(id, input, user) {
      const hex = TRACE_ID.exec(id)?.[1];
      const trace = hex === undefined ? undefined : await traces?.get(hex);
      if (hex === undefined || (traces !== undefined && trace === undefined))
        throw new AppError("not_found", { message: "There is no such trace here (any more)." });
      const traceId = `tr-${hex}`;
      if ((await of(traceId)).length >= MAX_ENTRIES)
        throw new AppError("conflict", {
          message: `The trace has ${MAX_ENTRIES} entries of feedback already.`,
        });
      const root = trace === undefined ? undefined : rootOf(trace);
      const entry: FeedbackEntry = {
        id: createId("fb"),
        trace_id: traceId,
        ...input,
        user_id: user?.id ?? null,
        created_at: Date.now(),
        inputs: root?.inputs ?? null,
        outputs: root?.outputs ?? null,
      };
      await entries.put(entry.id, entry, { owner: entry.user_id, ifVersion: 0 });
      return entry;
    },
    async list(id) {
      const hex = TRACE_ID.exec(id)?.[1];
      return hex === undefined ? [] : (await of(`tr-${hex}`)).map(({ value }) => value);
    },
    async evaluationSet({ limit = 1_000, cursor } = {}) {
      const found = await entries.list({ order: "asc", limit, after: cursor });
      const last = found.at(-1);
      return {
        rows: found.map(({ value }) => toRow(value)),
        next: found.length < limit || last === undefined ? undefined : last.key,
      };
    },
  };
}

function rootOf(trace: Trace): Trace["spans"][number] | undefined {
  const ids = new Set(trace.spans.map(({ span_id }) => span_id));
  return trace.spans.find(({ parent_id }) => parent_id === null || !ids.has(parent_id));
}

function toRow(entry: FeedbackEntry): EvaluationRow {
  const { trace_id, inputs, outputs, correction, thumb, comment, user_id, created_at } = entry;
  return {
    trace_id,
    inputs,
    outputs,
    expectations: correction === null ? {} : { expected_response: correction },
    feedback: { thumb, comment, user_id, created_at },
  };
}
