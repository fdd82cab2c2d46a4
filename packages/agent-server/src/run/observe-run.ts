import { isPart, type Part, type Span } from "@wheelhouse/core";

/** Calls whose arguments come in pieces and are put together for the span; characters of each. */
const MAX_CALLS = 100;
const MAX_ARGUMENTS = 65_536;

/** Tells a run's span what its author gives. */
export interface RunObserver {
  /** One piece of a stream, before anything is made of it: a call's time is when the author tells of it. */
  piece(piece: unknown): void;
  /** Tokens, as in a response object, where the outputs will not tell. */
  usage(usage: unknown): void;
}

/**
 * What tells a span of its run: the first token, the tool calls, the tokens. Undefined for a span that
 * does not want to know, so that a run without tracing does nothing for it.
 */
export function observeRun(span: Span): RunObserver | undefined {
  if (!span.isRecording || span.observe === undefined) return undefined;
  let hasToken = false;
  const token = (): void => {
    if (!hasToken) span.observe?.({ type: "response.output_text.delta" });
    hasToken = true;
  };
  const done = (item: unknown): void => span.observe?.({ type: "response.output_item.done", item });
  const calls = new Map<string, { name: string; text: string }>();

  const takePart = (part: Part): void => {
    switch (part.$part) {
      case "text":
      case "reasoning":
      case "refusal":
        token();
        return;
      case "call":
        done(functionCall(part.callId, part.name, part.arguments));
        return;
      case "callArgs": {
        const call = calls.get(part.callId) ?? { name: part.name ?? "", text: "" };
        if (!calls.has(part.callId) && calls.size >= MAX_CALLS) return;
        calls.set(part.callId, call);
        if (call.text.length + part.delta.length <= MAX_ARGUMENTS) call.text += part.delta;
        done(functionCall(part.callId, call.name, call.text));
        return;
      }
      case "result": {
        const { callId: call_id, output, isError = false } = part;
        done({ type: "function_call_output", call_id, output, is_error: isError });
        return;
      }
      case "item":
        done(part.item);
        return;
      default:
    }
  };

  const takeEvent = (event: Readonly<Record<string, unknown>>): void => {
    const { type, item, response } = event;
    if (typeof type !== "string") return;
    if (type.endsWith(".delta")) {
      token();
      return;
    }
    if (item !== undefined) span.observe?.({ type, item });
    const usage = (response as { usage?: unknown } | null | undefined)?.usage;
    if (usage != null) span.observe?.({ type, usage });
  };

  return {
    piece(piece) {
      // Nearly all of a stream.
      if (hasToken && (typeof piece === "string" || isTextDelta(piece))) return;
      if (typeof piece === "string") token();
      else if (isPart(piece)) takePart(piece);
      else if (typeof piece === "object" && piece !== null)
        takeEvent(piece as Readonly<Record<string, unknown>>);
    },
    usage: (usage) => span.observe?.({ type: "usage", usage }),
  };
}

const isTextDelta = (piece: unknown): boolean =>
  (piece as { type?: unknown } | null | undefined)?.type === "response.output_text.delta";

const functionCall = (call_id: string, name: string, text: string): object => ({
  type: "function_call",
  call_id,
  name,
  arguments: text,
});
