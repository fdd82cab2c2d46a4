import { type AbortNotice, AppError, LazyAbortController, type Response } from "@wheelhouse/core";
import type { LogEntry, Store } from "@wheelhouse/store";
import { abortCodeOf } from "../run/abort-run.js";
import { isTerminalEvent } from "../run/terminal-events.js";
import { replayEvents } from "../wire/responses/replay-events.js";
import { foldLog } from "./fold-log.js";
import type { ResponseRecord, ResponseRecords } from "./response-records.js";
import type { StoredRuns } from "./stored-runs.js";

/** What a reader of a stored response's events needs. */
export interface ReadResponseParts {
  readonly store: Store;
  readonly records: ResponseRecords;
  readonly runs: StoredRuns;
}

/** Who reads, and from where. */
export interface ReadResponseOptions {
  /** Exclusive; -1 from the start. */
  readonly after: number;
  /** Aborts when the reader leaves. */
  readonly client: AbortNotice;
  /** Whether the run is this reader's alone, and the author waits for it. Default false. */
  readonly holds?: boolean | undefined;
}

/** Entries that a page of a log has. */
const PAGE = 1_000;

/**
 * The events of a stored response after a cursor, as they come, until its last one. A reader whose events
 * the log has let go of gets a snapshot in their place; a response whose log is gone is told from its
 * record. Throws `shutting_down` when the server goes before the response ends: no reader may take that for
 * the end.
 */
export async function* readResponse(
  parts: ReadResponseParts,
  id: string,
  { after, client, holds = false }: ReadResponseOptions,
): AsyncGenerator<readonly LogEntry[], void, void> {
  const { store, runs } = parts;
  const stored = runs.get(id);
  const reader = stored?.outlet.attach(after, holds);
  const left = stored?.run.attach();
  // Lazy: a reader that is fed listens to no signal of the log's.
  const stop = new LazyAbortController();
  const end = (): void => {
    stop.abort(LEFT);
    reader?.leave();
  };
  // A server that shuts down tells the run first: its last event is the reader's end.
  const unlisten = client.onAbort((reason) => {
    if (stored !== undefined && isShutdown(reason)) stored.run.abort("shutting_down");
    else end();
  });
  reader?.gone.onAbort(() => stop.abort(LEFT));
  void stored?.ended.then((ended) => {
    if (ended.left && isShutdown(stored.run.cancellation.reason)) end();
  });
  const at = { cursor: after, isOver: false };
  const note = (entries: readonly LogEntry[]): void => {
    const last = entries.at(-1);
    if (last === undefined) return;
    at.cursor = last.seq;
    at.isOver = isTerminalEvent(last.type);
    if (reader === undefined) return;
    let characters = 0;
    for (const { data } of entries) characters += data.length;
    reader.read(at.cursor, characters);
  };
  try {
    if (reader?.fedFrom !== undefined) {
      // What the log took before this reader was fed.
      while (at.cursor + 1 < reader.fedFrom && !stop.aborted) {
        const { entries } = await store.log.read(id, at.cursor, reader.fedFrom - at.cursor - 1);
        if (entries.length === 0) break;
        yield entries;
        note(entries);
      }
    }
    let isBehind = reader?.fedFrom === undefined;
    while (isBehind && !at.isOver) {
      isBehind = false;
      for await (const { entries, gapBefore } of store.log.tail(id, at.cursor, stop.signal)) {
        if (gapBefore !== undefined && gapBefore > at.cursor + 1) {
          const snapshot = await snapshotAfter(parts, id, at.cursor);
          isBehind = snapshot.length > 0;
          if (isBehind) {
            yield snapshot;
            note(snapshot);
            break;
          }
        }
        yield entries;
        note(entries);
        if (at.isOver) return;
      }
    }
    for (;;) {
      const rest = at.isOver ? undefined : await reader?.take(at.cursor);
      if (rest === undefined) break;
      yield rest;
      note(rest);
    }
    if (at.isOver) return;
    if (client.aborted || isShutdown(stored?.run.cancellation.reason))
      throw new AppError(abortCodeOf(client.reason) ?? "shutting_down");
    const closing = await closingEntries(parts, id, at.cursor);
    if (closing.length > 0) yield closing;
  } finally {
    unlisten();
    end();
    left?.();
  }
}

const isShutdown = (reason: unknown): boolean => abortCodeOf(reason) === "shutting_down";

/** Made once: an abort without a reason makes a DOMException. */
const LEFT = new Error("The reader has left.");

/**
 * What tells a reader the state of the response in place of events that are gone: `response.in_progress`
 * with all that there is, and before it `response.created` for a reader that has seen nothing. Their seqs
 * are those of lost events.
 */
async function snapshotAfter(
  { store, records, runs }: ReadResponseParts,
  id: string,
  after: number,
): Promise<LogEntry[]> {
  const stored = runs.get(id);
  if (stored !== undefined)
    return snapshotEntries(stored.producer.snapshot(), stored.outlet.lastSeq(), after);
  const record = await records.find(id);
  if (record?.value.state === "ended") return replay(record.value, after);
  const entries: LogEntry[] = [];
  for (let at = after; ;) {
    const page = await store.log.read(id, at, PAGE);
    entries.push(...page.entries);
    if (page.entries.length < PAGE) break;
    at = page.entries.at(-1)!.seq;
  }
  const folded = foldLog(entries);
  const response = folded.response ?? record?.value.response;
  if (response === undefined) return [];
  return snapshotEntries({ ...response, output: [...folded.done] }, folded.lastSeq, after);
}

function snapshotEntries(response: Response, lastSeq: number, after: number): LogEntry[] {
  const entry = (type: string, state: Response, seq: number): LogEntry => ({
    type,
    data: JSON.stringify({ type, response: state }),
    seq,
  });
  const isNew = after < 0 && lastSeq > 0;
  return [
    ...(isNew ? [entry("response.created", { ...response, output: [] }, lastSeq - 1)] : []),
    entry("response.in_progress", response, lastSeq),
  ];
}

/** What a reader at a log's end still has to be told: nothing where it has had the last event. */
async function closingEntries(
  { store, records }: ReadResponseParts,
  id: string,
  cursor: number,
): Promise<LogEntry[]> {
  const record = await records.find(id);
  if (record === undefined || record.value.state !== "ended") return [];
  const { response } = record.value;
  const info = await store.log.info(id);
  if (info === undefined) return replay(record.value, cursor);
  const last = (await store.log.read(id, info.nextSeq - 2, 1)).entries[0];
  if (last !== undefined && isTerminalEvent(last.type)) return [];
  // The store failed between the last events and the record.
  const terminal = replayEvents(response).at(-1)!;
  const seq = Math.max(info.nextSeq, cursor + 1);
  return [{ type: terminal.type, data: JSON.stringify(terminal), seq }];
}

/**
 * An ended response without its log. One that never had a log is told as the events that lead to it, numbered
 * from 0, always the same. Of one that had, a reader that knows a part gets the state and the last event.
 */
function replay({ response, lastSeq }: ResponseRecord, after: number): LogEntry[] {
  const events = replayEvents(response);
  const all = events.map((event, at) => ({
    type: event.type as string,
    data: JSON.stringify(event),
    seq: lastSeq === undefined ? at : Math.max(0, lastSeq - events.length + 1) + at,
  }));
  const known =
    lastSeq === undefined || after < 0
      ? all
      : [
          ...snapshotEntries({ ...response, status: "in_progress" }, lastSeq - 1, after),
          ...all.slice(-1),
        ];
  return known.filter(({ seq }) => seq > after);
}
