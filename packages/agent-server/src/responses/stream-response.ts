import { type AbortNotice, SSE_DONE } from "@wheelhouse/core";
import { isTerminalEvent } from "../run/terminal-events.js";
import { readResponse } from "../stored/read-response.js";
import { encodeReplayFrames } from "../wire/responses/encode-frames.js";
import type { StoredResponses } from "./responses-context.js";

/** A stored response's events after a cursor, as frames; `[DONE]` ends them also when there is none (B78). */
export async function* streamResponse(
  stored: StoredResponses,
  id: string,
  options: { readonly after: number; readonly client: AbortNotice },
): AsyncGenerator<string, void, void> {
  let isDone = false;
  for await (const entries of readResponse(stored, id, options)) {
    yield encodeReplayFrames(entries);
    isDone = isTerminalEvent(entries.at(-1)?.type ?? "");
  }
  if (!isDone) yield SSE_DONE;
}
