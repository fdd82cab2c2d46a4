import { describe, expect, test } from "vitest";
import { decodeSse } from "../src/index.js";
import { chunks, readAll } from "./support/sse.js";

/** A source without an end; counts what was taken of it and says whether it was let go. */
function endless(chunk: string): { source: AsyncIterable<string>; taken: number; closed: boolean } {
  const state = { source: undefined as unknown as AsyncIterable<string>, taken: 0, closed: false };
  async function* produce(): AsyncGenerator<string, void, void> {
    try {
      for (;;) {
        state.taken += 1;
        yield await Promise.resolve(chunk);
      }
    } finally {
      state.closed = true;
    }
  }
  state.source = produce();
  return state;
}

describe("the bound on an unfinished frame", () => {
  test.each([
    ["a line that never ends", "data: aaaa", "aaaa"],
    ["data lines that never end", "data: aaaa\n", "data: aaaa\n"],
  ])("%s ends the stream with an error and cancels the source", async (_, first, next) => {
    const state = endless(next);
    async function* source(): AsyncGenerator<string, void, void> {
      yield first;
      yield* state.source;
    }
    await expect(readAll(source(), { maxFrameLength: 1000 })).rejects.toThrow(/1000 characters/);
    expect(state.taken).toBeLessThan(400);
    expect(state.closed).toBe(true);
  });

  test("a comment that nobody listens to is not kept and not counted", async () => {
    const stream = [":", ...Array.from({ length: 200 }, () => "c".repeat(100)), "\ndata: x\n\n"];
    expect(await readAll(chunks(...stream), { maxFrameLength: 1000 })).toMatchObject([
      { data: "x" },
    ]);
  });

  test("many whole frames are no unfinished one, in one chunk or in many", async () => {
    const frames = Array.from({ length: 500 }, () => "data: aaaa\n\n");
    expect(await readAll(chunks(...frames), { maxFrameLength: 20 })).toHaveLength(500);
    expect(await readAll(chunks(frames.join("")), { maxFrameLength: 20 })).toHaveLength(500);
  });

  test("frames before the one over the bound are still given, wherever the chunks are cut", async () => {
    const stream = `data: one\n\ndata: two\n\ndata: ${"a".repeat(2000)}`;
    for (const source of [chunks(stream), chunks(...stream.split(""))]) {
      const seen: string[] = [];
      const reading = (async () => {
        for await (const { data } of decodeSse(source, { maxFrameLength: 1000 })) seen.push(data);
      })();
      await expect(reading).rejects.toThrow(/1000 characters/);
      expect(seen).toEqual(["one", "two"]);
    }
  });

  test("by default a frame of megabytes passes", async () => {
    const data = "a".repeat(5 * 1024 * 1024);
    expect(await readAll(chunks(`data: ${data}`, "\n\n"))).toEqual([
      { event: undefined, id: undefined, data },
    ]);
  });
});

describe("the end of a stream", () => {
  test("an early break cancels the source", async () => {
    const state = endless("data: x\n\n");
    for await (const { data } of decodeSse(state.source)) {
      expect(data).toBe("x");
      break;
    }
    expect(state.closed).toBe(true);
    expect(state.taken).toBe(1);
  });

  test("an early break cancels a web stream, as the body of a fetch is one", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("data: x\n\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const frame of decodeSse(body)) {
      expect(frame.data).toBe("x");
      break;
    }
    expect(cancelled).toBe(true);
  });

  test("the source's error comes through after what it gave", async () => {
    async function* broken(): AsyncGenerator<string, void, void> {
      yield "data: x\n\n";
      await Promise.reject(new Error("connection reset"));
    }
    const frames = decodeSse(broken());
    expect((await frames.next()).value).toMatchObject({ data: "x" });
    await expect(frames.next()).rejects.toThrow("connection reset");
    expect((await frames.next()).done).toBe(true);
  });
});
