import { PACE_MS, PACED_DELTAS, sharedNow } from "../servers/agent.js";
import { endsChunked, openSocket } from "./http-load.js";
import { quantile } from "./statistics.js";

/** Milliseconds a stream may take beyond its own time. */
const LATE_MS = 30_000;

/** How a paced load is made. */
export interface PacedLoad {
  readonly port: number;
  readonly request: Buffer;
  /** Streams at once. */
  readonly streams: number;
  readonly milliseconds: number;
}

/** What a paced load came to. */
export interface PacedResult {
  readonly deltas: number;
  /** Milliseconds from the author's yield to the client, of the slowest hundredth at least. */
  readonly lateP99: number;
}

/**
 * Streams of the paced agent on as many connections, each begun anew when it ends, until the time is over.
 * They begin spread over a stream's time, so that their events are too. Rejects where one is not whole.
 */
export async function runPaced(load: PacedLoad): Promise<PacedResult> {
  const late: number[] = [];
  const ends = performance.now() + load.milliseconds;
  const between = (PACED_DELTAS * PACE_MS) / load.streams;
  const counts = await Promise.all(
    Array.from({ length: load.streams }, async (_, at) => {
      await new Promise((resolve) => setTimeout(resolve, at * between));
      return streamUntil(load, ends, late);
    }),
  );
  const deltas = counts.reduce((sum, count) => sum + count, 0);
  return { deltas, lateP99: quantile(late, 0.99) };
}

/** Gives the deltas that came on one connection. */
async function streamUntil(load: PacedLoad, ends: number, late: number[]): Promise<number> {
  const socket = await openSocket(load.port);
  return new Promise((resolve, reject) => {
    let all = 0;
    let deltas = 0;
    const timer = setTimeout(
      () => reject(new Error("A stream does not end.")),
      load.milliseconds + LATE_MS,
    );
    socket.on("close", () => reject(new Error("A server ended a connection.")));
    socket.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      const now = sharedNow();
      // The text of a delta alone begins so; the whole text says the same times again.
      for (let at = text.indexOf(DELTA); at !== -1; at = text.indexOf(DELTA, at + 1)) {
        deltas++;
        late.push(now - Number.parseFloat(text.slice(at + DELTA.length, at + 40)));
      }
      if (!endsChunked(chunk, 0)) return;
      if (deltas !== PACED_DELTAS) reject(new Error(`${deltas} deltas: ${text}`));
      all += deltas;
      deltas = 0;
      if (performance.now() < ends) {
        socket.write(load.request);
        return;
      }
      clearTimeout(timer);
      socket.removeAllListeners("close");
      socket.destroy();
      resolve(all);
    });
    socket.write(load.request);
  });
}

const DELTA = '"delta":"@';
