import type { Annotation } from "../responses/content.js";
import type { OutputItem } from "../responses/output-items.js";

/**
 * What an author yields beside strings and raw Responses events; the `ev.*` helpers make them. Told
 * apart by `$part`, plain JSON, so that a worker thread can send them.
 */
export type Part =
  /** Text of the answer. `id` keys the item it belongs to: several may be open at once. */
  | { $part: "text"; text: string; id?: string | undefined }
  /** A piece of the reasoning summary. */
  | { $part: "reasoning"; text: string; id?: string | undefined }
  | { $part: "refusal"; text: string; id?: string | undefined }
  /** A whole function call; `arguments` is JSON text. */
  | { $part: "call"; callId: string; name: string; arguments: string }
  /** A piece of a function call's arguments; the first names the function. */
  | { $part: "callArgs"; callId: string; delta: string; name?: string | undefined }
  /** What a call gave that the agent ran itself. */
  | { $part: "result"; callId: string; output: string; isError?: boolean | undefined }
  /** A citation in the text before it. */
  | { $part: "cite"; annotation: Annotation; id?: string | undefined }
  /** A whole output item. */
  | { $part: "item"; item: { type: OutputItem["type"]; [key: string]: unknown } }
  /** Tokens used; several add up. */
  | {
      $part: "usage";
      inputTokens: number;
      outputTokens: number;
      cachedTokens?: number | undefined;
      reasoningTokens?: number | undefined;
    }
  /** The answer stops here and is not whole; the reason is OpenAI's: `max_output_tokens`, `content_filter`. */
  | { $part: "incomplete"; reason: string }
  /** An event of the author's own: sent on /invocations, on /responses only if asked for. */
  | { $part: "custom"; name: string; data: unknown };

/** Whether a value is a {@link Part}. */
export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && "$part" in value;
}
