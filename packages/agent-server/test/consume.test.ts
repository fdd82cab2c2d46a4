import { LazyAbortController } from "@wheelhouse/core";
import { expect, test, vi } from "vitest";
import { consume, isPieces } from "../src/run/consume.js";

const never = new LazyAbortController();

async function collect(pieces: AsyncIterable<unknown> | Iterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  await consume(pieces, { accept: (piece) => (seen.push(piece), true), over: never });
  return seen;
}

test("takes generators, async generators, iterables of promises and ReadableStreams", async () => {
  expect(
    await collect(
      (function* () {
        yield 1;
        yield 2;
      })(),
    ),
  ).toEqual([1, 2]);
  expect(
    await collect(
      (async function* () {
        yield 1;
      })(),
    ),
  ).toEqual([1]);
  expect(await collect(new Set([Promise.resolve("a"), "b"]))).toEqual(["a", "b"]);
  expect(await collect(ReadableStream.from(["x", "y"]))).toEqual(["x", "y"]);
});

test("a string and an array are whole values", () => {
  expect([isPieces("text"), isPieces(["a"]), isPieces(null), isPieces(new Set())]).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test("a generator that never waits lets timers run", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const endless = (function* () {
    for (;;) yield "x";
  })();
  await consume(endless, { accept: () => ticks < 3, over: never });
  clearInterval(timer);
  expect(ticks).toBeGreaterThanOrEqual(3);
});

test("an abort runs the author's finally block and drops what is yielded afterwards", async () => {
  const over = new LazyAbortController();
  const cleanedUp = vi.fn<() => void>();
  const accept = vi.fn<() => boolean>(() => {
    over.abort("over");
    return true;
  });
  const author = (async function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      cleanedUp();
    }
  })();
  await consume(author, { accept, over });
  await vi.waitFor(() => expect(cleanedUp).toHaveBeenCalledOnce());
  expect(accept).toHaveBeenCalledOnce();
});

test("a piece that is refused ends the author too", async () => {
  const cleanedUp = vi.fn<() => void>();
  const author = (async function* () {
    try {
      yield 1;
    } finally {
      cleanedUp();
    }
  })();
  const refuse = (): boolean => {
    throw new Error("no");
  };
  await expect(consume(author, { accept: refuse, over: never })).rejects.toThrow("no");
  await vi.waitFor(() => expect(cleanedUp).toHaveBeenCalledOnce());
});

test("a finally block that throws after an abort reaches nobody", async () => {
  const over = new LazyAbortController();
  const author = (async function* () {
    try {
      yield 1;
    } finally {
      // oxlint-disable-next-line no-unsafe-finally
      throw new Error("in finally");
    }
  })();
  const accept = (): boolean => {
    over.abort("over");
    return true;
  };
  await expect(consume(author, { accept, over })).resolves.toBeUndefined();
});
