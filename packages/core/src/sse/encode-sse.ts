/** One frame of a server-sent event stream, WHATWG HTML section 9.2.6. */
export interface SseFrame {
  event?: string | undefined;
  id?: string | undefined;
  /** Milliseconds a client waits before it connects again. */
  retry?: number | undefined;
  data: string;
}

/** A field's value may not end its line: a CR, LF or NUL in a name or id would forge another field. */
// oxlint-disable-next-line no-control-regex
const oneLine = (value: string): string => value.replace(/[\r\n\0]/g, "");

/** Encodes one frame, LF only; each line of `data` gets its own field, so any text comes back whole. */
export function encodeSse(frame: SseFrame): string {
  let text = "";
  if (frame.event !== undefined) text += `event: ${oneLine(frame.event)}\n`;
  if (frame.id !== undefined) text += `id: ${oneLine(frame.id)}\n`;
  if (frame.retry !== undefined) text += `retry: ${Math.max(0, Math.trunc(frame.retry))}\n`;
  return `${text}${encodeSseData(frame.data)}\n`;
}

/** The `data` lines of a frame, without the blank line that ends it. JSON takes the short way: it has no line ends. */
export function encodeSseData(data: string): string {
  if (!data.includes("\n") && !data.includes("\r")) return `data: ${data}\n`;
  return data
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join("");
}

/** A comment line: keeps a silent connection open, every client ignores it. */
export function encodeSseComment(text: string): string {
  return `: ${oneLine(text)}\n\n`;
}

/** The frame that ends every stream of the Responses API and of MLflow. */
export const SSE_DONE = "data: [DONE]\n\n";
