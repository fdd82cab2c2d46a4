import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatTraceparent,
  idOnlyTracer,
  parseTraceparent,
  type SpanId,
  type TraceId,
} from "../src/index.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const ids = `${TRACE}-${PARENT}`;

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .string({
      unit: fc.constantFrom(..."0123456789abcdef".split("")),
      minLength: length,
      maxLength: length,
    })
    .filter((text) => !/^0+$/.test(text));

describe("parseTraceparent, by W3C Trace Context section 3.2", () => {
  test.each([
    ["sampled", `00-${ids}-01`, true],
    ["not sampled", `00-${ids}-00`, false],
    ["other flags and sampled", `00-${ids}-ff`, true],
    ["other flags and not sampled", `00-${ids}-02`, false],
    ["spaces around", ` 00-${ids}-01\t`, true],
    ["a future version", `01-${ids}-01`, true],
    ["a future version with more fields", `cc-${ids}-01-what-the-future-will-be-like`, true],
    ["a future version with an empty field", `cc-${ids}-00-`, false],
  ])("takes %s", (_, header, sampled) => {
    expect(parseTraceparent(header)).toEqual({ traceId: TRACE, parentId: PARENT, sampled });
  });

  test.each([
    ["none", undefined],
    ["an empty one", ""],
    ["text", "nope"],
    ["version ff", `ff-${ids}-01`],
    ["version ff with more fields", `ff-${ids}-01-x`],
    ["version 00 with a fifth field", `00-${ids}-01-x`],
    ["version 00 with a trailing dash", `00-${ids}-01-`],
    ["a future version with a suffix that is no field", `cc-${ids}-01what`],
    ["a future version with a dot", `cc-${ids}-01.what`],
    ["two headers that were joined", `00-${ids}-01, 00-${ids}-01`],
    ["upper-case ids", `00-${ids.toUpperCase()}-01`],
    ["an upper-case version", `CC-${ids}-01`],
    ["upper-case flags", `00-${ids}-0A`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["a parent id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["a short trace id", `00-${TRACE.slice(1)}-${PARENT}-01`],
    ["a long trace id", `00-${TRACE}0-${PARENT}-01`],
    ["a short parent id", `00-${TRACE}-${PARENT.slice(1)}-01`],
    ["no flags", `00-${ids}`],
    ["one digit of flags", `00-${ids}-1`],
    ["a short version", `0-${ids}-01`],
    ["a version that is not hex", `.0-${ids}-01`],
    ["flags that are not hex", `00-${ids}-.0`],
    ["ids that are not hex", `00-${TRACE.replace("4", "g")}-${PARENT}-01`],
    ["underscores", `00_${TRACE}_${PARENT}_01`],
    ["a line end", `00-${ids}-01\n00-${ids}-01`],
  ])("ignores %s", (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  test("takes what formatTraceparent writes, for any ids", () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, isRecording) => {
        const header = formatTraceparent({
          traceId: traceId as TraceId,
          spanId: spanId as SpanId,
          isRecording,
        });
        expect(parseTraceparent(header)).toEqual({
          traceId,
          parentId: spanId,
          sampled: isRecording,
        });
      }),
    );
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (header) => {
        expect(parseTraceparent(header)).toBeUndefined();
      }),
    );
  });
});

describe("idOnlyTracer", () => {
  test("B39 gives every run a trace id of its own, without any tracing set up", () => {
    const spans = Array.from({ length: 100 }, () => idOnlyTracer.startSpan({ name: "run" }));
    expect(new Set(spans.map((span) => span.traceId)).size).toBe(100);
    for (const span of spans) {
      expect(span.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect(span.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
    }
  });

  test("B64 keeps the caller's trace id, with a span id of its own", () => {
    const span = idOnlyTracer.startSpan({ name: "run", traceparent: `00-${ids}-01` });
    expect(span.traceId).toBe(TRACE);
    expect(span.spanId).not.toBe(PARENT);
  });

  test("a malformed traceparent starts a trace of its own", () => {
    const span = idOnlyTracer.startSpan({ name: "run", traceparent: `ff-${ids}-01` });
    expect(span.traceId).not.toBe(TRACE);
  });

  test("a child is in its parent's trace, whatever header came", () => {
    const parent = idOnlyTracer.startSpan({ name: "run" });
    const child = idOnlyTracer.startSpan({ name: "tool", parent, traceparent: `00-${ids}-01` });
    expect(child.traceId).toBe(parent.traceId);
    expect(child.spanId).not.toBe(parent.spanId);
  });

  test("records nothing, and tells a called server so", () => {
    const span = idOnlyTracer.startSpan({ name: "run" });
    expect(span.isRecording).toBe(false);
    span.setAttribute("a", 1);
    span.setInputs({});
    span.setOutputs({});
    span.setStatus("error", "boom");
    span.end();
    span.end();
    expect(formatTraceparent(span)).toBe(`00-${span.traceId}-${span.spanId}-00`);
  });
});
