import type { Logger, Span, Tracer } from "@wheelhouse/core";
import { idOnlyTracer } from "@wheelhouse/core";
import { expect, test } from "vitest";
import {
  deltaText,
  events,
  IN,
  outputText,
  PATHS,
  post,
  postJson,
  STREAM,
} from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

const boom = (): never => {
  throw new Error("the backend is down");
};
const late = async (): Promise<never> => boom();

/** A tracer whose spans are broken in one place. */
const brokenSpan = (broken: (span: Span) => unknown): Tracer => ({
  startSpan: (options) => broken({ ...idOnlyTracer.startSpan(options), isRecording: true }) as Span,
});
const method = (name: keyof Span, fault: () => unknown) =>
  brokenSpan((span) => ({ ...span, [name]: fault }));

const TRACERS: Record<string, Tracer> = {
  "startSpan throws": { startSpan: boom },
  "startSpan gives nothing": { startSpan: () => undefined as unknown as Span },
  "the trace id throws": brokenSpan((span) =>
    Object.defineProperty({ ...span }, "traceId", { get: boom }),
  ),
  "isRecording throws": brokenSpan((span) =>
    Object.defineProperty({ ...span }, "isRecording", { get: boom }),
  ),
};
for (const name of ["setAttribute", "setInputs", "setOutputs", "setStatus", "end"] as const) {
  TRACERS[`${name} throws`] = method(name, boom);
  TRACERS[`${name} rejects`] = method(name, late);
}

for (const [name, tracer] of Object.entries(TRACERS))
  test(`B65 ${name}: answers are the same, and one line in the log says so`, async () => {
    const lines: string[] = [];
    const note = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const agents = [
      looseInvoke((_request, { span }) => {
        span.setAttribute("own", 1);
        return "x";
      }),
      looseStream(() => "x"),
    ];
    await using served = await serve({ agents, tracer, logger });
    const headers = { "x-mlflow-return-trace-id": "true" };
    for (const path of PATHS) {
      const url = `${served.url}${path}`;
      // oxlint-disable-next-line no-await-in-loop -- one after the other.
      const { status, body } = await postJson(url, IN);
      expect([status, outputText(body["output"])]).toEqual([200, "x"]);
      // oxlint-disable-next-line no-await-in-loop -- as above.
      const all = await events(await post(url, STREAM, { headers }));
      expect(deltaText(all)).toBe("x");
      expect(JSON.stringify(all)).toMatch(/"tr-[0-9a-f]{32}"/);
    }
    const about = lines.filter((line) => line.includes("Tracing fails"));
    expect(about).toHaveLength(1);
    expect(lines).toEqual(about);
  });

test("B65 a tracer that works is told everything, and each span ends once", async () => {
  const calls: string[] = [];
  const tracer: Tracer = {
    startSpan(options) {
      const told =
        (what: string) =>
        (...args: unknown[]): void =>
          void calls.push(`${what} ${JSON.stringify(args)}`);
      return {
        ...idOnlyTracer.startSpan(options),
        isRecording: true,
        setInputs: told("inputs"),
        setOutputs: told("outputs"),
        setStatus: told("status"),
        end: told("end"),
      };
    },
  };
  const agent = looseInvoke((_request, { span }) => {
    span.end();
    return { output: [] };
  });
  await using served = await serve({ agents: agent, tracer });
  await postJson(`${served.url}/invocations`, IN);
  expect(calls).toEqual([
    `inputs ${JSON.stringify([IN])}`,
    "end []",
    expect.stringMatching(/^(status|outputs)/),
    expect.stringMatching(/^(status|outputs)/),
  ]);
});
