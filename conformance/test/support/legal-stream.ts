import { ResponseStreamEvent } from "@wheelhouse/core";
import { eventsOf, type Frame, type Json } from "./frames.js";

/** A stream of `/responses` that has passed every check of {@link legalStream}. */
export interface LegalStream {
  readonly events: readonly Json[];
  readonly types: readonly string[];
  /** The response of the terminal event. */
  readonly final: Json;
}

/** One output item while its events come in. */
interface OpenItem {
  id: string;
  type: string;
  /** Text by the kind of event and the part's index, as the deltas gave it. */
  texts: Map<string, string>;
  done: Json | undefined;
}

const TERMINAL = ["response.completed", "response.incomplete", "response.failed"];

/** Kinds of text that come as deltas and are repeated whole: the field of the `done` event. */
const TEXT_FIELDS: Readonly<Record<string, string>> = {
  output_text: "text",
  refusal: "refusal",
  reasoning_text: "text",
  reasoning_summary_text: "text",
  function_call_arguments: "arguments",
  mcp_call_arguments: "arguments",
};

function check(holds: boolean, rule: string, event: unknown): asserts holds {
  if (!holds) throw new Error(`${rule}: ${JSON.stringify(event)}`);
}

/**
 * Holds a whole stream against the rules of the Responses API's life cycle, as a strict client does:
 * R7 to R14, R16 and R38 of rules.md. Throws an error that names the rule and the event.
 */
export function legalStream(frames: readonly Frame[]): LegalStream {
  const events = eventsOf(frames);
  const items: OpenItem[] = [];
  events.forEach((event, at) => {
    const { type } = event;
    check(frames[at]!.event === type, "R13 the event line is the type", frames[at]);
    check(frames[at]!.id === undefined, "R13 a POST has no id lines", frames[at]);
    check(event["sequence_number"] === at, `R8 the sequence number is ${at}`, event);
    const parsed = ResponseStreamEvent.safeParse(event);
    check(parsed.success, `R38 a known event (${parsed.error?.message})`, event);
    if ("response" in event)
      check(event["response"].id === events[0]!["response"]?.id, "R9 one response id", event);
    check(TERMINAL.includes(type) === (at === events.length - 1), "R14 one terminal event", event);
    checkItem(items, event);
  });
  const opening = events.slice(0, 2).map((event) => event["type"]);
  check(
    opening.join() === "response.created,response.in_progress",
    "R7 created, then in_progress",
    opening,
  );
  for (const { response } of events.slice(0, 2)) {
    check(response.status === "in_progress", "R7 it begins in progress", response);
    check(response.output.length === 0, "R7 it begins empty", response);
  }
  const terminal = events.at(-1)!;
  const final: Json = terminal["response"];
  check(terminal["type"] === `response.${final["status"]}`, "R14 the type is the status", terminal);
  items.forEach((item, index) => {
    const last = final["output"][index];
    check(last?.id === item.id, "R11 the output keeps the order of the items", final);
    if (item.done === undefined) {
      check(
        final["status"] !== "completed",
        "R10 every item of a completed response is done",
        final,
      );
      check(last.status !== "completed", "R25 an item cut short is not completed", last);
    } else check(sameJson(last, item.done), "R12 the output has the items as they were done", last);
  });
  check(final["output"].length === items.length, "R11 the output has no further items", final);
  return { events, types: events.map((event) => event["type"]), final };
}

function checkItem(items: OpenItem[], event: Json): void {
  const { type, output_index: index } = event;
  if (index === undefined) return;
  if (type === "response.output_item.added") {
    const { item } = event;
    check(index === items.length, "R11 the output index is appended", event);
    check(!items.some(({ id }) => id === item.id), "R21 an id is used once", event);
    check(item.id !== "", "R10 an item has an id", event);
    if ("status" in item) check(item.status === "in_progress", "R10 added in progress", event);
    items.push({ id: item.id, type: item.type, texts: new Map(), done: undefined });
    return;
  }
  const item = items[index];
  check(item !== undefined, "R10 an item is added first", event);
  check(item.done === undefined, "R10 nothing comes after an item is done", event);
  check((event["item_id"] ?? event["item"]?.id) === item.id, "R10 the id is the item's", event);
  if (type === "response.output_item.done") {
    check(event["item"].type === item.type, "R10 the type stays", event);
    check(event["item"].status !== "in_progress", "R10 done is not in progress", event);
    checkTexts(item, event["item"]);
    item.done = event["item"];
  } else checkText(item, event);
}

/** Deltas are gathered; what repeats them has to be equal. */
function checkText(item: OpenItem, event: Json): void {
  const [, kind = "", step] = /^response\.(\w+)\.(\w+)$/.exec(event["type"]) ?? [];
  const part = event["content_index"] ?? event["summary_index"] ?? 0;
  const field = TEXT_FIELDS[kind];
  if (field !== undefined) {
    const key = `${kind} ${part}`;
    if (step === "delta") item.texts.set(key, (item.texts.get(key) ?? "") + event["delta"]);
    else check(event[field] === (item.texts.get(key) ?? ""), "R12 done repeats the deltas", event);
  }
  if ((kind === "content_part" || kind === "reasoning_summary_part") && step === "done") {
    const { type, text, refusal } = event["part"];
    const key = `${PART_KINDS[type] ?? type} ${part}`;
    check((text ?? refusal) === (item.texts.get(key) ?? ""), "R12 so does the part", event);
  }
}

const PART_KINDS: Readonly<Record<string, string>> = { summary_text: "reasoning_summary_text" };

/** The item at its end says what its deltas said. */
function checkTexts(item: OpenItem, done: Json): void {
  const said = (kind: string, at = 0) => item.texts.get(`${kind} ${at}`) ?? "";
  if (item.type === "function_call")
    check(done["arguments"] === said("function_call_arguments"), "R12 the arguments", done);
  const parts: Json[] = [...(done["content"] ?? []), ...(done["summary"] ?? [])];
  parts.forEach((part, at) => {
    const index = at < (done["content"]?.length ?? 0) ? at : at - (done["content"]?.length ?? 0);
    const kind = PART_KINDS[part["type"]] ?? part["type"];
    check((part["text"] ?? part["refusal"]) === said(kind, index), "R12 the item's text", done);
  });
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
