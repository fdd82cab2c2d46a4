import { describe, expect, test } from "vitest";
import { Annotation, OutputItem, Response } from "../src/index.js";
import { refusalOf, without } from "./support/refusal.js";
import { OUTPUT_ITEMS, RESPONSE } from "./support/responses.js";

const items = Object.entries<Record<string, unknown>>(OUTPUT_ITEMS);

describe("an output item", () => {
  test.each(items)("%s passes, its unknown fields too", (_, item) => {
    expect(OutputItem.parse({ ...item, extra: 1 })).toEqual({ ...item, extra: 1 });
  });

  test.each(items.flatMap(([, item]) => Object.keys(item).map((key) => [item["type"], key, item])))(
    "%s without its %s is refused",
    (_, key, item) => {
      expect(refusalOf(OutputItem, without(item as object, key as string))?.param).toBe(key);
    },
  );

  test.each([
    [{ ...OUTPUT_ITEMS.message, status: "nope" }, "status"],
    [{ ...OUTPUT_ITEMS.message, role: "user" }, "role"],
    [{ ...OUTPUT_ITEMS.message, content: [{ type: "input_text", text: "x" }] }, "content[0].type"],
    [{ ...OUTPUT_ITEMS.message, content: [{ type: "output_text" }] }, "content[0].text"],
    [{ ...OUTPUT_ITEMS.function_call, arguments: {} }, "arguments"],
    [{ ...OUTPUT_ITEMS.reasoning, summary: [{ type: "summary_text" }] }, "summary[0].text"],
    [{ ...OUTPUT_ITEMS.mcp_call, output: 5 }, "output"],
  ])("%o is refused, naming %s", (item, param) => {
    expect(refusalOf(OutputItem, item)?.param).toBe(param);
  });

  test("of another type needs an id and passes as it is", () => {
    for (const type of ["web_search_call", "acme:thing"]) {
      expect(OutputItem.parse({ type, id: "x", action: {} })).toEqual({
        type,
        id: "x",
        action: {},
      });
      expect(refusalOf(OutputItem, { type })?.param).toBe("id");
    }
  });
});

describe("an annotation", () => {
  test.each([
    { type: "url_citation", url: "https://example.com", title: "Example" },
    { type: "url_citation", url: "u", title: "", start_index: 0, end_index: 3 },
    { type: "file_citation", file_id: "f", index: 0, filename: "a.txt" },
    { type: "container_file_citation", container_id: "c", file_id: "f", start_index: 0 },
    { type: "file_path", file_id: "f", index: 1 },
  ])("$type passes", (annotation) => {
    expect(Annotation.parse(annotation)).toEqual(annotation);
  });

  test.each([
    [{ type: "url_citation", title: "x" }, "url"],
    [{ type: "url_citation", url: "u", title: "x", start_index: -1 }, "start_index"],
    [{ type: "file_citation", file_id: "f", index: 0.5 }, "index"],
    [{ type: "nope" }, "type"],
  ])("%o is refused, naming %s", (annotation, param) => {
    expect(refusalOf(Annotation, annotation)?.param).toBe(param);
  });
});

describe("the response object", () => {
  const fields = Object.keys(RESPONSE);

  test("B6 B67 has 31 fields, and is taken with all of them", () => {
    expect(fields).toHaveLength(31);
    expect(Object.keys(Response.shape).toSorted()).toEqual(fields.toSorted());
    expect(Response.parse({ ...RESPONSE, extra: 1 })).toEqual({ ...RESPONSE, extra: 1 });
  });

  test.each(fields)("is refused without its %s", (field) => {
    expect(refusalOf(Response, without(RESPONSE, field))?.param).toBe(field);
  });

  test("is taken in every state it can be in", () => {
    for (const status of [
      "queued",
      "in_progress",
      "completed",
      "incomplete",
      "failed",
      "cancelled",
    ]) {
      expect(Response.safeParse({ ...RESPONSE, status }).success).toBe(true);
    }
    const failed = { error: { code: "task_failed", message: "m" }, status: "failed" };
    const ended = {
      output: Object.values(OUTPUT_ITEMS),
      completed_at: 1_767_225_601,
      incomplete_details: { reason: "max_output_tokens" },
      reasoning: { effort: null, summary: "auto" },
      usage: {
        input_tokens: 1,
        output_tokens: 2,
        total_tokens: 3,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    };
    expect(Response.parse({ ...RESPONSE, ...failed })).toMatchObject(failed);
    expect(Response.parse({ ...RESPONSE, ...ended })).toMatchObject(ended);
  });

  test("B39 B41 has room for the trace id beside 16 pairs of the client", () => {
    const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`key${at}`, "v"]));
    const withTrace = { ...RESPONSE, metadata: { ...metadata, trace_id: "tr-0" } };
    expect(Response.safeParse(withTrace).success).toBe(true);
  });

  test.each([
    [{ object: "nope" }, "object"],
    [{ status: "nope" }, "status"],
    [{ created_at: 1.5 }, "created_at"],
    [
      { output: [OUTPUT_ITEMS.message, { ...OUTPUT_ITEMS.message, content: "hi" }] },
      "output[1].content",
    ],
    [{ usage: { input_tokens: -1 } }, "usage.input_tokens"],
    [{ metadata: { a: 1 } }, "metadata.a"],
    [{ error: { message: "m" } }, "error.code"],
  ])("is refused with %o, naming %s", (change, param) => {
    expect(refusalOf(Response, { ...RESPONSE, ...change })?.param).toBe(param);
  });
});
