import { runWithContext, trace, withSpan } from "@wheelhouse/agent-sdk";
import type { AgentContext, ChildSpanOptions, Span, SpanId, TraceId } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";

/** A span that remembers what it was told. */
class MemorySpan implements Span {
  readonly traceId = "a".repeat(32) as TraceId;
  readonly spanId = "b".repeat(16) as SpanId;
  readonly children: MemorySpan[] = [];
  readonly options: ChildSpanOptions;
  readonly isRecording: boolean;
  inputs: unknown;
  outputs: unknown;
  status: string | undefined;
  message: string | undefined;
  ends = 0;

  constructor(options: ChildSpanOptions, isRecording = true) {
    this.options = options;
    this.isRecording = isRecording;
  }

  setAttribute(): void {}
  setInputs(inputs: unknown): void {
    this.inputs = inputs;
  }
  setOutputs(outputs: unknown): void {
    this.outputs = outputs;
  }
  setStatus(status: string, message?: string): void {
    this.status = status;
    this.message = message;
  }
  end(): void {
    this.ends++;
  }
  child(options: ChildSpanOptions): Span {
    const child = new MemorySpan(options);
    this.children.push(child);
    return child;
  }
}

/** Runs something as part of a run with that span. */
function inRun<Result>(span: Span, fn: () => Result): Result {
  return runWithContext({ span } as unknown as AgentContext, fn);
}

describe("trace(fn)", () => {
  test("makes each call a span, with its arguments and its result", async () => {
    const run = new MemorySpan({ name: "run" });
    const find = trace(
      async function search(query: string, limit: number) {
        return [query, limit];
      },
      { type: "RETRIEVER", attributes: { index: "docs" } },
    );
    expect(await inRun(run, () => find("x", 2))).toEqual(["x", 2]);
    expect(await inRun(run, () => find("y", 3))).toEqual(["y", 3]);
    expect(run.children).toHaveLength(2);
    expect(run.children[0]).toMatchObject({
      options: { name: "search", type: "RETRIEVER", attributes: { index: "docs" } },
      inputs: ["x", 2],
      outputs: ["x", 2],
      status: "ok",
      ends: 1,
    });
    expect(find.name).toBe("search");
  });

  test("nests, across awaits and in parallel", async () => {
    const run = new MemorySpan({ name: "run" });
    const inner = trace(async (n: number) => n, { name: "inner" });
    const outer = trace(
      async (n: number) => {
        await Promise.resolve();
        return (await inner(n)) + (await inner(n + 1));
      },
      { name: "outer" },
    );
    await inRun(run, () => Promise.all([outer(1), outer(5)]));
    expect(run.children.map(({ outputs }) => outputs)).toEqual([3, 11]);
    for (const { children } of run.children)
      expect(children.map(({ options }) => options.name)).toEqual(["inner", "inner"]);
  });

  test("is an error when the function throws or rejects, which goes on", async () => {
    const run = new MemorySpan({ name: "run" });
    const error = new Error("boom");
    const throws = trace(() => {
      throw error;
    });
    const rejects = trace(async () => Promise.reject(error));
    expect(() => inRun(run, throws)).toThrow(error);
    await expect(inRun(run, rejects)).rejects.toBe(error);
    for (const child of run.children)
      expect(child).toMatchObject({
        status: "error",
        message: "boom",
        outputs: undefined,
        ends: 1,
      });
    expect(run.children).toHaveLength(2);
  });

  test("gives the this of the call, and a value that is no promise as it is", () => {
    const run = new MemorySpan({ name: "run" });
    const agent = {
      base: 40,
      add: trace(function (this: { base: number }, n: number) {
        return this.base + n;
      }),
    };
    expect(inRun(run, () => agent.add(2))).toBe(42);
    expect(run.children[0]).toMatchObject({ inputs: 2, outputs: 42 });
  });

  test.each([
    ["read to its end", 9, [1, 2, 3]],
    ["left early", 1, [1]],
  ])("lasts as long as a generator that is %s", async (_, most, pieces) => {
    const run = new MemorySpan({ name: "run" });
    const seen: MemorySpan[] = [];
    const count = trace(async function* count() {
      for (const n of [1, 2, 3]) {
        withSpan({ name: `piece ${n}` }, () => undefined);
        yield n;
      }
    });
    await inRun(run, async () => {
      const got: number[] = [];
      for await (const n of count()) {
        expect(run.children[0]!.ends).toBe(0);
        got.push(n);
        if (got.length === most) break;
      }
      seen.push(...run.children);
    });
    expect(seen[0]).toMatchObject({ outputs: pieces, status: "ok", ends: 1 });
    expect(seen[0]!.children.map(({ options }) => options.name)).toEqual(
      pieces.map((n) => `piece ${n}`),
    );
  });

  test("of a generator that throws is an error", async () => {
    const run = new MemorySpan({ name: "run" });
    const fails = trace(async function* fails() {
      yield 1;
      throw new Error("boom");
    });
    const read = async (): Promise<void> => {
      for await (const piece of fails()) expect(piece).toBe(1);
    };
    await expect(inRun(run, read)).rejects.toThrow("boom");
    const again = inRun(run, () => fails());
    await again.next();
    await expect(again.next()).rejects.toThrow("boom");
    expect(await again.next()).toEqual({ done: true, value: undefined });
    expect(run.children[1]).toMatchObject({ status: "error", ends: 1 });
    expect(run.children[0]).toMatchObject({ status: "error", ends: 1 });
  });

  test("leaves other async iterables as they are: a model's stream has more to it", () => {
    const run = new MemorySpan({ name: "run" });
    const stream = { [Symbol.asyncIterator]: () => ({}) as never, controller: 1 };
    expect(
      inRun(
        run,
        trace(() => stream),
      ),
    ).toBe(stream);
    expect(run.children[0]).toMatchObject({ ends: 1 });
  });

  test("outside of a run, or in one that is not recorded, only calls the function", () => {
    const double = trace((n: number) => n * 2);
    expect(double(2)).toBe(4);
    const run = new MemorySpan({ name: "run" }, false);
    expect(inRun(run, () => double(3))).toBe(6);
    expect(run.children).toEqual([]);
  });
});

describe("withSpan", () => {
  test("hands the span to the function", async () => {
    const run = new MemorySpan({ name: "run" });
    const given = await inRun(run, () =>
      withSpan({ name: "plan", type: "CHAIN" }, async (span) => {
        span?.setInputs({ goal: 1 });
        return "done";
      }),
    );
    expect(given).toBe("done");
    expect(run.children[0]).toMatchObject({ inputs: { goal: 1 }, outputs: "done", ends: 1 });
  });
});
