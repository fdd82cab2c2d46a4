import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeSse } from "../src/index.js";
import { chunks, cut, readAll, type SeenFrame } from "./support/sse.js";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom("\r", "\n", "\r\n", "\0", "\uFEFF", " ", ":", "data: x", "é", "🎡", "\u2028"),
      fc.string({ unit: "binary" }),
    ),
  )
  .map((pieces) => pieces.join(""));
const frame = fc.record(
  { event: text, id: text, data: text },
  { requiredKeys: ["data"], noNullPrototype: true },
);

/** A client sees line ends as LF, and names and ids without what would end their line. */
function asSeen({ event, id, data }: SeenFrame): SeenFrame {
  // oxlint-disable-next-line no-control-regex
  const oneLine = (value: string | undefined): string | undefined =>
    value?.replace(/[\r\n\0]/g, "");
  return {
    // An empty name is no name (WHATWG): the event is a `message`.
    event: oneLine(event) || undefined,
    id: oneLine(id),
    data: data.replace(/\r\n?/g, "\n"),
  };
}

describe("decodeSse gives back what encodeSse wrote", () => {
  test("for any text, split at any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame), fc.array(fc.nat()), async (frames, places) => {
        const bytes = bytesOf(frames.map((one) => encodeSse(one)).join(""));
        expect(await readAll(chunks(...cut(bytes, places)))).toEqual(frames.map(asSeen));
      }),
    );
  });

  test("for text chunks as for bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame), async (frames) => {
        const whole = frames.map((one) => encodeSse(one)).join("");
        expect(await readAll(chunks(...whole.split("")))).toEqual(frames.map(asSeen));
      }),
    );
  });
});

describe("decodeSse reads what other servers write", () => {
  const seen = [
    { event: "one", id: "1", data: "é🎡\n\uFEFFb" },
    { event: undefined, id: undefined, data: "" },
    { event: undefined, id: undefined, data: " two" },
  ];
  const lines = [
    "event:one",
    "id:1",
    "data:é🎡",
    "data: \uFEFFb",
    "",
    ":c",
    "data",
    "",
    "data:  two",
    "",
    "",
  ];

  test.each([
    ["LF", "\n"],
    ["CR", "\r"],
    ["CRLF", "\r\n"],
  ])("with %s and a byte order mark, cut at every byte", async (_, end) => {
    const bytes = bytesOf(`\uFEFF${lines.join(end)}`);
    for (let place = 0; place <= bytes.length; place++) {
      expect(await readAll(chunks(...cut(bytes, [place])))).toEqual(seen);
    }
    const single = Array.from({ length: bytes.length }, (_byte, at) => at);
    expect(await readAll(chunks(...cut(bytes, single)))).toEqual(seen);
  });

  test("an unfinished frame at the end is dropped", async () => {
    expect(await readAll(chunks("data: whole\n\n", "data: half\n"))).toMatchObject([
      { data: "whole" },
    ]);
    expect(await readAll(chunks())).toEqual([]);
  });

  test("unknown fields, bad retries and ids with NUL are ignored", async () => {
    const stream = "nope: 1\nretry: soon\nid: a\0b\ndata: x\n\n";
    expect(await readAll(chunks(stream))).toEqual([{ event: undefined, id: undefined, data: "x" }]);
  });

  test("bytes that are not UTF-8 become U+FFFD and break nothing", async () => {
    const bytes = Uint8Array.from([...bytesOf("data: a"), 0xff, ...bytesOf("b\n\ndata: c\n\n")]);
    expect(await readAll(chunks(bytes))).toMatchObject([{ data: "a\uFFFDb" }, { data: "c" }]);
  });

  test("B185 comments are told and are no events", async () => {
    const comments: string[] = [];
    const seenFrames = await readAll(chunks(": pi", "ng\n\n:pong\ndata: x\n\n"), {
      onComment: (comment) => comments.push(comment),
    });
    expect(seenFrames).toMatchObject([{ data: "x" }]);
    expect(comments).toEqual(["ping", "pong"]);
  });
});
