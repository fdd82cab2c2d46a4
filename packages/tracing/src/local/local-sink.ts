import type { Logger } from "@wheelhouse/core";
import type { StoredSpan, TraceStore } from "@wheelhouse/store";
import { Outage } from "../pipeline/outage.js";
import type { SpanSink } from "../pipeline/span-sink.js";
import { spanJson } from "./span-json.js";

/** Milliseconds a span waits for others to be written with it. */
const GATHER_MS = 200;

/** Characters that are written without waiting, in one row. */
const FULL_BATCH = 131_072;

/** Characters on their way to the file at most; more are dropped, counted. */
const MAX_UNDER_WAY = 33_554_432;

/** A sink that can also be told to hand on what it has, without waiting for the file. */
export interface LocalSink extends SpanSink {
  send(): void;
}

/** Writes spans into the local store, a batch at a time. */
export function createLocalSink(store: TraceStore, logger: Logger): LocalSink {
  const outage = new Outage("The local trace store", logger);
  const appending = new Set<Promise<void>>();
  let waiting: StoredSpan[] = [];
  let characters = 0;
  let underWay = 0;
  let timer: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  const append = async (spans: readonly StoredSpan[], size: number): Promise<void> => {
    try {
      await store.append(spans);
      outage.worked();
    } catch (error) {
      outage.failed(error, spans.length);
    } finally {
      underWay -= size;
    }
  };
  const send = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const sending = append(waiting, characters);
    waiting = [];
    characters = 0;
    appending.add(sending);
    void sending.then(() => appending.delete(sending));
  };
  const flush = async (): Promise<void> => {
    send();
    await Promise.all(appending);
  };

  return {
    name: "local",
    send,
    write(records) {
      if (closing !== undefined) return;
      for (const record of records) {
        const { traceId, isRoot, endTime: endedAt } = record;
        const data = spanJson(record);
        if (underWay + data.length > MAX_UNDER_WAY) {
          outage.failed(new Error("The file takes spans too slowly."), 1);
          continue;
        }
        waiting.push({ traceId, isRoot, endedAt, data });
        characters += data.length;
        underWay += data.length;
      }
      if (characters >= FULL_BATCH) send();
      else timer ??= setTimeout(send, GATHER_MS).unref();
    },
    flush,
    close: () => (closing ??= flush().then(() => store.close())),
  };
}
