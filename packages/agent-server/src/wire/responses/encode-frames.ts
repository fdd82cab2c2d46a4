import { SSE_DONE } from "@wheelhouse/core";
import type { LogEntry } from "@wheelhouse/store";
import { isTerminalEvent } from "../../run/terminal-events.js";

const TEXT_DELTA = "response.output_text.delta";

/**
 * Log entries as frames of the Responses API: the event's name equals its type (Open Responses, M5),
 * the log's seq is the sequence number, `[DONE]` follows the terminal event.
 */
export function encodeResponsesFrames(entries: readonly LogEntry[]): string {
  let text = "";
  for (const { type, data, seq } of entries) {
    if (type === TEXT_DELTA) {
      // Nearly all of a stream: its name needs no look at each letter.
      text += `event: ${TEXT_DELTA}\ndata: ${data.slice(0, -1)},"sequence_number":${seq}}\n\n`;
      continue;
    }
    // The log's JSON text is an object with at least a type, so a field can go before its last brace.
    text += `event: ${eventName(type)}\ndata: ${data.slice(0, -1)},"sequence_number":${seq}}\n\n`;
    if (isTerminalEvent(type)) text += SSE_DONE;
  }
  return text;
}

/**
 * The same for a reader that has come back: each frame has its seq as `id`, which a browser sends as
 * `Last-Event-ID` when it connects again (B78).
 */
export function encodeReplayFrames(entries: readonly LogEntry[]): string {
  let text = "";
  for (const { type, data, seq } of entries) {
    text += `id: ${seq}\nevent: ${eventName(type)}\ndata: ${data.slice(0, -1)},"sequence_number":${seq}}\n\n`;
    if (isTerminalEvent(type)) text += SSE_DONE;
  }
  return text;
}

/** Authors name their own events: a name must not end its line, or the rest would be read as a frame. */
const eventName = (type: string): string =>
  type.startsWith("wheelhouse:") ? type.replace(/[\r\n]/g, " ") : type;
