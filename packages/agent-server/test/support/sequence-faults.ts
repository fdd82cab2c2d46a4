type Event = { type: string; [key: string]: unknown };
type Fields = Record<string, unknown>;

interface OpenPart {
  text: string;
  done?: string;
  closed: boolean;
}

const TERMINAL = ["response.completed", "response.incomplete", "response.failed"];

/**
 * What is not legal about a Responses event sequence (Open Responses 2.2: M6-M8, M15; OpenAI's order).
 * Empty for a legal one. Written from the rules, not from the assembler.
 */
export function sequenceFaults(events: readonly Event[]): string[] {
  const faults: string[] = [];
  const fault = (at: number, text: string): void =>
    void faults.push(`#${at} ${events[at]?.type}: ${text}`);
  if (events[0]?.type !== "response.created") fault(0, "the first event is not response.created");
  if (events[1]?.type !== "response.in_progress")
    fault(1, "the second is not response.in_progress");
  const responseId = (events[0]?.["response"] as Fields | undefined)?.["id"];
  const items = new Map<number, { id: string; type: string; done?: Fields }>();
  const parts = new Map<string, OpenPart>();
  const ids = new Set<string>();

  const placeOf = (kind: string, event: Event): string =>
    JSON.stringify([kind, event["output_index"], event["content_index"] ?? event["summary_index"]]);
  const partOf = (at: number, kind: string, event: Event): OpenPart | undefined => {
    const place = placeOf(kind, event);
    const item = items.get(event["output_index"] as number);
    if (item === undefined || item.done !== undefined) fault(at, "its item is not open");
    else if (item.id !== event["item_id"]) fault(at, "item_id is not its item's id");
    return parts.get(place);
  };
  const begin = (at: number, kind: string, event: Event): void => {
    if (partOf(at, kind, event) !== undefined) fault(at, "the part is open already");
    parts.set(placeOf(kind, event), { text: "", closed: false });
  };

  for (const [at, event] of events.entries()) {
    const last = at === events.length - 1;
    if (TERMINAL.includes(event.type) !== last)
      fault(at, "a terminal event must be the last, once");
    const response = event["response"] as Fields | undefined;
    if (response !== undefined && response["id"] !== responseId)
      fault(at, "the response's id changed");
    switch (event.type) {
      case "response.output_item.added": {
        const item = event["item"] as Fields;
        if (event["output_index"] !== items.size) fault(at, "output_index does not append");
        if (typeof item["id"] !== "string" || item["id"] === "") fault(at, "the item has no id");
        if (ids.has(item["id"] as string)) fault(at, "the id is another item's");
        ids.add(item["id"] as string);
        items.set(items.size, { id: item["id"] as string, type: item["type"] as string });
        break;
      }
      case "response.output_item.done": {
        const open = items.get(event["output_index"] as number);
        const item = event["item"] as Fields;
        if (open === undefined || open.done !== undefined) fault(at, "the item is not open");
        else {
          if (open.id !== item["id"]) fault(at, "the id changed");
          if (open.type !== item["type"]) fault(at, "the type changed");
          open.done = item;
        }
        break;
      }
      case "response.content_part.added":
        begin(at, "content", event);
        break;
      case "response.reasoning_summary_part.added":
        begin(at, "summary", event);
        break;
      case "response.output_text.delta":
      case "response.refusal.delta":
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta": {
        const part = partOf(at, event.type.includes("summary") ? "summary" : "content", event);
        if (part === undefined || part.done !== undefined) fault(at, "its part is not open");
        else part.text += event["delta"] as string;
        if (event["delta"] === "") fault(at, "an empty delta");
        break;
      }
      case "response.output_text.done":
      case "response.refusal.done":
      case "response.reasoning_text.done":
      case "response.reasoning_summary_text.done": {
        const part = partOf(at, event.type.includes("summary") ? "summary" : "content", event);
        const text = (event["text"] ?? event["refusal"]) as string;
        if (part === undefined || part.done !== undefined) fault(at, "its part is not open");
        else if (part.text !== text) fault(at, "the deltas do not add up to the done text");
        else part.done = text;
        break;
      }
      case "response.content_part.done":
      case "response.reasoning_summary_part.done": {
        const part = partOf(at, event.type.includes("summary") ? "summary" : "content", event);
        const given = event["part"] as Fields;
        if (part?.done === undefined || part.closed)
          fault(at, "its text is not done, or it is closed");
        else if ((given["text"] ?? given["refusal"]) !== part.done) fault(at, "another text");
        else part.closed = true;
        break;
      }
      case "response.function_call_arguments.delta":
      case "response.mcp_call_arguments.delta": {
        const key = placeOf("arguments", event);
        if (items.get(event["output_index"] as number)?.id !== event["item_id"])
          fault(at, "its item is not open");
        const part = parts.get(key) ?? { text: "", closed: false };
        if (part.done !== undefined) fault(at, "the arguments are done");
        part.text += event["delta"] as string;
        parts.set(key, part);
        break;
      }
      case "response.function_call_arguments.done":
      case "response.mcp_call_arguments.done": {
        const key = placeOf("arguments", event);
        const part = parts.get(key) ?? { text: "", closed: false };
        if (part.done !== undefined) fault(at, "the arguments are done already");
        if (part.text !== event["arguments"])
          fault(at, "the deltas do not add up to the arguments");
        part.done = event["arguments"] as string;
        part.closed = true;
        parts.set(key, part);
        break;
      }
      default:
    }
  }
  for (const [key, part] of parts) if (!part.closed) faults.push(`part ${key} was never closed`);
  for (const [at, item] of items)
    if (item.done === undefined) faults.push(`item ${at} was never done`);
  const output = (events.at(-1)?.["response"] as Fields | undefined)?.["output"];
  const done = [...items.values()].map((item) => item.done);
  if (JSON.stringify(output) !== JSON.stringify(done))
    faults.push("the final output is not the done items in order");
  for (const item of done)
    for (const part of textsOf(item))
      if (part.streamed !== undefined && part.streamed !== part.text)
        faults.push("an item's text is not what was streamed");
  const incomplete = done.findIndex((item) => item?.["status"] === "incomplete");
  const failed = events.at(-1)?.type !== "response.completed";
  if (incomplete !== -1 && !failed) faults.push("an incomplete item in a completed response");
  return faults;

  function textsOf(item: Fields | undefined): { text: string; streamed: string | undefined }[] {
    const index = done.indexOf(item);
    const content = (item?.["content"] ?? []) as Fields[];
    return content.map((part, at) => ({
      text: (part["text"] ?? part["refusal"]) as string,
      streamed: parts.get(JSON.stringify(["content", index, at]))?.done,
    }));
  }
}
