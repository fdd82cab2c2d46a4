import type { OutputItem, Response } from "@wheelhouse/core";
import type { LogEntry } from "@wheelhouse/store";
import { advanceItem, isFields, isIndex, type OpenItem, openItem } from "./open-item.js";

/** What the events of a run have come to. */
export interface FoldedLog {
  /** The snapshot of the last life-cycle event; undefined before `response.created`. */
  readonly response: Response | undefined;
  /** Output indexes used so far, by all attempts: the next item's index. */
  readonly claimed: number;
  /** Item ids used so far, by all attempts: no other item may have one of them. */
  readonly ids: ReadonlySet<string>;
  /** Items that are done, in order of their output index; after a reset, from its snapshot on. */
  readonly done: readonly OutputItem[];
  /** Items that were added and are not done, in order of their output index. */
  readonly open: readonly OpenItem[];
  /** Whether the event that ends the response is there. */
  readonly terminal: boolean;
  /** The seq of the last entry, also of one that was passed over; -1 before the first. */
  readonly lastSeq: number;
}

/** Folds the events of a run's log, of one attempt or several. */
export function foldLog(entries: Iterable<LogEntry>): FoldedLog {
  const fold = new LogFold();
  for (const entry of entries) fold.add(entry);
  return fold.state();
}

/**
 * Folds a run's log entry by entry, each in constant time. What a damaged or unknown entry says is
 * passed over: a run that cannot be read in full must still be ended.
 */
export class LogFold {
  #response: Response | undefined;
  #claimed = 0;
  #terminal = false;
  #lastSeq = -1;
  readonly #ids = new Set<string>();
  /** The output of the snapshot at the last reset. */
  #kept: readonly OutputItem[] = [];
  readonly #done = new Map<number, OutputItem>();
  readonly #open = new Map<number, OpenItem>();

  add(entry: LogEntry): void {
    this.#lastSeq = entry.seq;
    if (!entry.type.startsWith("response.")) return;
    const event = parsed(entry.data);
    if (event !== undefined) this.#apply(entry.type, event);
  }

  /** The state now. The open items in it are the fold's own, and go on with the next entry. */
  state(): FoldedLog {
    return {
      response: this.#response,
      claimed: this.#claimed,
      ids: this.#ids,
      done: [...this.#kept, ...inOrder(this.#done)],
      open: inOrder(this.#open),
      terminal: this.#terminal,
      lastSeq: this.#lastSeq,
    };
  }

  #apply(type: string, event: Readonly<Record<string, unknown>>): void {
    switch (type) {
      case "response.created":
      case "response.queued":
        this.#snapshot(event["response"]);
        return;
      case "response.in_progress": {
        const response = this.#snapshot(event["response"]);
        // A second one is a reset. There is nothing before the first, so it needs no case of its own.
        if (response !== undefined) this.#reset(response.output);
        return;
      }
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        this.#terminal = true;
        this.#snapshot(event["response"]);
        return;
      case "response.output_item.added":
      case "response.output_item.done":
        this.#item(type, event["output_index"], event["item"]);
        return;
      default: {
        const open = this.#open.get(event["output_index"] as number);
        if (open !== undefined) advanceItem(open, type, event);
      }
    }
  }

  #snapshot(response: unknown): Response | undefined {
    if (!isFields(response) || !Array.isArray(response["output"])) return undefined;
    this.#response = response as Response;
    return this.#response;
  }

  #reset(output: readonly OutputItem[]): void {
    this.#kept = output.filter(isItem);
    for (const { id } of this.#kept) this.#ids.add(id);
    this.#claimed = Math.max(this.#claimed, output.length);
    this.#done.clear();
    this.#open.clear();
  }

  #item(type: string, outputIndex: unknown, item: unknown): void {
    if (!isIndex(outputIndex) || !isItem(item)) return;
    this.#claimed = Math.max(this.#claimed, outputIndex + 1);
    this.#ids.add(item.id);
    if (type === "response.output_item.added") {
      this.#open.set(outputIndex, openItem(outputIndex, item));
    } else {
      this.#open.delete(outputIndex);
      this.#done.set(outputIndex, item);
    }
  }
}

function parsed(data: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const event: unknown = JSON.parse(data);
    return isFields(event) ? event : undefined;
  } catch {
    return undefined;
  }
}

const isItem = (item: unknown): item is OutputItem & { id: string } =>
  isFields(item) && typeof item["type"] === "string" && typeof item["id"] === "string";

const inOrder = <Value>(byIndex: ReadonlyMap<number, Value>): Value[] =>
  [...byIndex].toSorted(([a], [b]) => a - b).map(([, value]) => value);
