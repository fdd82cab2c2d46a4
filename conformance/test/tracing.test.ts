import { invoke, stream } from "@wheelhouse/agent-sdk";
import type { Tracer } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  DONE,
  events,
  H,
  IN,
  json,
  looseStream,
  MemoryTracer,
  MESSAGE,
  post,
  type RecordedSpan,
  S,
  serve,
  type ServerOptions,
  until,
} from "./support/index.js";

/** Sends one request and gives its root span, once it has ended. */
async function rootSpan(
  options: ServerOptions,
  body: object,
  headers: Record<string, string> = {},
  path = "/invocations",
): Promise<RecordedSpan> {
  const tracer = new MemoryTracer();
  await using served = await serve({ ...options, tracer });
  await (await post(`${served.url}${path}`, body, headers)).text();
  await until("the root span has ended", () => tracer.roots[0]?.ends === 1);
  expect(tracer.roots).toHaveLength(1);
  return tracer.roots[0]!;
}

describe("the root span", () => {
  test("B60 has the handler's name, the body without stream, and the result", async () => {
    const agent = invoke(function answerQuestions() {
      return { output: [MESSAGE] };
    });
    const body = { ...IN, stream: false, custom_inputs: { a: 1 } };
    const span = await rootSpan({ agents: agent }, body);
    expect(span.name).toBe("answerQuestions");
    expect(span.inputs).toEqual({ ...IN, custom_inputs: { a: 1 } });
    expect(span.outputs).toEqual([{ output: [MESSAGE] }]);
    expect(span.status).not.toBe("error");
    expect(span.attributes.get("mlflow.message.format")).toBe("openai");
  });

  test("B60 there is one for each request", async () => {
    const tracer = new MemoryTracer();
    await using served = await serve({ agents: [H, S], tracer });
    for (let n = 0; n < 3; n++) await (await post(`${served.url}/invocations`, IN)).text();
    await (await post(`${served.url}/invocations`, { ...IN, stream: true })).text();
    await until(
      "all have ended",
      () => tracer.roots.filter((span) => span.ends === 1).length === 4,
    );
    expect(tracer.roots.map((span) => span.name)).toEqual(["h", "h", "h", "s"]);
    expect(new Set(tracer.roots.map((span) => span.traceId)).size).toBe(4);
  });

  test("B60 is the run's own, and its trace id is the one that the client reads", async () => {
    let seen: unknown;
    const agent = invoke((_request, ctx) => {
      seen = { span: ctx.span.spanId, trace: ctx.traceId };
      ctx.span.setAttribute("mine", "yes");
      return { output: [] };
    });
    const tracer = new MemoryTracer();
    await using served = await serve({ agents: agent, tracer });
    const headers = { "x-mlflow-return-trace-id": "true" };
    const body = await json(await post(`${served.url}/invocations`, IN, headers));
    await until("the root span has ended", () => tracer.roots[0]?.ends === 1);
    const span = tracer.roots[0]!;
    expect(seen).toEqual({ span: span.spanId, trace: span.traceId });
    expect(span.attributes.get("mine")).toBe("yes");
    expect(body["metadata"]).toEqual({ trace_id: `tr-${span.traceId}` });
  });

  test("B61 of a stream has the finished items as outputs, and OpenAI's format", async () => {
    const agent = stream(async function* twoItems() {
      yield DELTA;
      yield DONE;
      yield { type: "custom", x: 1 };
      yield { ...DONE, item: { ...MESSAGE, id: "m2" } };
    });
    const span = await rootSpan({ agents: agent }, { ...IN, stream: true });
    expect(span.name).toBe("twoItems");
    expect(span.inputs).toEqual(IN);
    expect(span.outputs).toEqual([
      { object: "response", output: [MESSAGE, { ...MESSAGE, id: "m2" }] },
    ]);
    expect(span.attributes.get("mlflow.message.format")).toBe("openai");
  });

  test("B62 of a base stream has the chunks as outputs, and no format", async () => {
    const agent = looseStream(async function* chunks() {
      yield { a: 1 };
      yield { b: [2] };
    });
    const span = await rootSpan({ agents: agent, agentType: null }, { q: 1, stream: true });
    expect(span.inputs).toEqual({ q: 1 });
    expect(span.outputs).toEqual([[{ a: 1 }, { b: [2] }]]);
    expect(span.attributes.has("mlflow.message.format")).toBe(false);
  });

  test("B62 of a base invoke has no format either", async () => {
    const span = await rootSpan({ agents: invoke(() => ({ a: 1 })), agentType: null }, {});
    expect(span.outputs).toEqual([{ a: 1 }]);
    expect(span.attributes.has("mlflow.message.format")).toBe(false);
  });

  for (const path of ["/invocations", "/responses"]) {
    test(`B63 of a handler that throws is an error without outputs (${path})`, async () => {
      const agents = [
        invoke(() => {
          throw new Error("boom");
        }),
        stream(async function* fails() {
          yield DONE;
          throw new Error("boom");
        }),
      ];
      for (const body of [IN, { ...IN, stream: true }]) {
        const span = await rootSpan({ agents }, body, {}, path);
        expect(span.status).toBe("error");
        expect(span.outputs).toEqual([]);
      }
    });
  }

  test("B63 of a result that is not valid is an error too", async () => {
    const agent = looseStream(async function* invalid() {
      yield { type: "response.output_item.done", item: { type: "nope" } };
    });
    const span = await rootSpan({ agents: agent }, { ...IN, stream: true });
    expect(span.status).toBe("error");
    expect(span.outputs).toEqual([]);
  });
});

describe("traceparent", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const parent = "b7ad6b7169203331";

  test("B64 the root span is its child", async () => {
    const headers = { traceparent: `00-${trace}-${parent}-01` };
    const span = await rootSpan({ agents: H }, IN, headers);
    expect(span.traceId).toBe(trace);
    expect(span.parentId).toBe(parent);
  });

  test("B64 the trace id that the client reads derives from it, without a tracer too", async () => {
    await using served = await serve({ agents: H });
    const body = await json(
      await post(`${served.url}/invocations`, IN, {
        traceparent: `00-${trace}-${parent}-00`,
        "x-mlflow-return-trace-id": "true",
      }),
    );
    expect(body["metadata"].trace_id).toBe(`tr-${trace}`);
  });

  test.each([
    "nonsense",
    `00-${"0".repeat(32)}-${parent}-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    `ff-${trace}-${parent}-01`,
    `00-${trace.toUpperCase()}-${parent}-01`,
    `00-${trace}-${parent}-01-extra`,
  ])("B64 %s is ignored", async (traceparent) => {
    await using served = await serve({ agents: H });
    const headers = { traceparent, "x-mlflow-return-trace-id": "true" };
    const body = await json(await post(`${served.url}/invocations`, IN, headers));
    expect(body["metadata"].trace_id).toMatch(/^tr-(?!0{32}$)[0-9a-f]{32}$/);
    expect(body["metadata"].trace_id).not.toBe(`tr-${trace}`);
  });
});

describe("a tracing backend that is down", () => {
  /** A tracer whose every call fails. */
  const broken: Tracer = {
    startSpan(options) {
      const fail = (): never => {
        throw new Error("the collector is down");
      };
      const span = new MemoryTracer().startSpan(options);
      return Object.assign(span, {
        setAttribute: fail,
        setInputs: fail,
        setOutputs: fail,
        setStatus: fail,
        end: fail,
      });
    },
  };
  const noSpans: Tracer = {
    startSpan() {
      throw new Error("the collector is down");
    },
  };

  for (const [what, tracer] of [
    ["its spans fail", broken],
    ["it makes no spans", noSpans],
  ] as const) {
    test(`B65 answers are unchanged and not late when ${what}`, async () => {
      await using served = await serve({ agents: [H, S], tracer });
      const url = `${served.url}/invocations`;
      await (await post(url, IN)).text();
      const started = performance.now();
      expect(await json(await post(url, IN))).toEqual({ output: [MESSAGE] });
      expect(await events(await post(url, { ...IN, stream: true }))).toEqual([DELTA, DONE]);
      expect(performance.now() - started).toBeLessThan(300);
      const full = await json(await post(`${served.url}/responses`, IN));
      expect(full).toMatchObject({ status: "completed", output: [MESSAGE] });
    });
  }
});
