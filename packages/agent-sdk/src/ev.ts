import type { Part } from "@wheelhouse/core";

type PartOf<Kind extends Part["$part"]> = Extract<Part, { $part: Kind }>;

/** A file to cite. `index` is where in the text, in characters from its start; default 0. */
export interface FileCitation {
  readonly fileId: string;
  readonly filename?: string | undefined;
  readonly index?: number | undefined;
}

/** Text of the answer. `id` keys the item it belongs to: several may be open at once. */
function text(value: string, id?: string): PartOf<"text"> {
  checkText("text", value);
  return id === undefined
    ? { $part: "text", text: value }
    : { $part: "text", text: value, id: key("id", id) };
}

/** A piece of the reasoning summary. */
function reasoning(value: string, id?: string): PartOf<"reasoning"> {
  return { $part: "reasoning", text: checkText("text", value), ...optionalId(id) };
}

/** A refusal to answer, or a piece of one. */
function refusal(value: string, id?: string): PartOf<"refusal"> {
  return { $part: "refusal", text: checkText("text", value), ...optionalId(id) };
}

/** A whole function call. `args` is JSON text as it is, or a value to put as JSON; default `{}`. */
function call(callId: string, name: string, args: unknown = {}): PartOf<"call"> {
  return {
    $part: "call",
    callId: key("callId", callId),
    name: key("name", name),
    arguments: jsonText("args", args),
  };
}

/** A piece of a function call's arguments; the first piece names the function. */
function callArgs(callId: string, delta: string, name?: string): PartOf<"callArgs"> {
  return {
    $part: "callArgs",
    callId: key("callId", callId),
    delta: checkText("delta", delta),
    ...(name === undefined ? {} : { name: key("name", name) }),
  };
}

/** What a call gave that the agent ran itself: a string as it is, else as JSON. */
function result(
  callId: string,
  output: unknown,
  options: { readonly isError?: boolean | undefined } = {},
): PartOf<"result"> {
  const { isError } = options;
  if (isError !== undefined && typeof isError !== "boolean") {
    throw new TypeError("ev: isError must be true or false");
  }
  return {
    $part: "result",
    callId: key("callId", callId),
    output: output === undefined ? "" : jsonText("output", output),
    ...(isError === undefined ? {} : { isError }),
  };
}

/** A citation of a page in the text before it; `range` is `[start, end)` in characters. */
function cite(url: string, title: string, range?: readonly [number, number]): PartOf<"cite">;
/** A citation of a file in the text before it. */
function cite(file: FileCitation): PartOf<"cite">;
function cite(
  source: string | FileCitation,
  title?: string,
  range?: readonly [number, number],
): PartOf<"cite"> {
  if (typeof source === "object" && source !== null) return citeFile(source);
  const url = key("url", source);
  const annotation = { type: "url_citation" as const, url, title: checkText("title", title) };
  if (range === undefined) return { $part: "cite", annotation };
  if (!Array.isArray(range) || range.length !== 2) {
    throw new TypeError("ev: range must be [start, end]");
  }
  const start = count("range[0]", range[0]);
  const end = count("range[1]", range[1]);
  if (end < start) throw new TypeError("ev: range must not end before it starts");
  return { $part: "cite", annotation: { ...annotation, start_index: start, end_index: end } };
}

function citeFile({ fileId, filename, index = 0 }: FileCitation): PartOf<"cite"> {
  return {
    $part: "cite",
    annotation: {
      type: "file_citation",
      file_id: key("fileId", fileId),
      index: count("index", index),
      ...(filename === undefined ? {} : { filename: checkText("filename", filename) }),
    },
  };
}

/** A whole output item; the server adds a missing id. */
function item(value: PartOf<"item">["item"]): PartOf<"item"> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("ev: item must be an object");
  }
  key("item.type", value.type);
  return { $part: "item", item: value };
}

/** Tokens used, counts; several add up. */
function usage(
  input: number,
  output: number,
  details: { readonly cached?: number | undefined; readonly reasoning?: number | undefined } = {},
): PartOf<"usage"> {
  return {
    $part: "usage",
    inputTokens: count("input", input),
    outputTokens: count("output", output),
    ...(details.cached === undefined ? {} : { cachedTokens: count("cached", details.cached) }),
    ...(details.reasoning === undefined
      ? {}
      : { reasoningTokens: count("reasoning", details.reasoning) }),
  };
}

/** The answer stops here and is not whole: `max_output_tokens` or `content_filter`. */
function incomplete(reason: string): PartOf<"incomplete"> {
  return { $part: "incomplete", reason: key("reason", reason) };
}

/** An event of the author's own; `data` is JSON. */
function custom(name: string, data: unknown = null): PartOf<"custom"> {
  if (typeof data === "function" || typeof data === "symbol" || typeof data === "bigint") {
    throw new TypeError(`ev: data must be JSON, not a ${typeof data}`);
  }
  return { $part: "custom", name: key("name", name), data };
}

/**
 * Makes what a stream function yields, and an invoke function returns, beside strings and raw events.
 * An argument that makes no sense is a TypeError that names it.
 */
export const ev = Object.freeze({
  text,
  reasoning,
  refusal,
  call,
  callArgs,
  result,
  cite,
  item,
  usage,
  incomplete,
  custom,
});

function checkText(argument: string, value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`ev: ${argument} must be a string`);
  return value;
}

function key(argument: string, value: unknown): string {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`ev: ${argument} must be a string that is not empty`);
  }
  return value;
}

function optionalId(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id: key("id", id) };
}

function count(argument: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new TypeError(`ev: ${argument} must be a whole number from 0`);
  }
  return value as number;
}

function jsonText(argument: string, value: unknown): string {
  if (typeof value === "string") return value;
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError(`ev: ${argument} must be JSON`, { cause });
  }
  if (json === undefined)
    throw new TypeError(`ev: ${argument} must be JSON, not a ${typeof value}`);
  return json;
}
