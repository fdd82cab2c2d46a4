import { AppError } from "@wheelhouse/core";

/** Characters of a comment, and of a correction as JSON text. */
const MAX_COMMENT = 10_000;
const MAX_CORRECTION = 100_000;

/** What somebody thinks of an answer. At least one of the three is there. */
export interface FeedbackInput {
  readonly thumb: "up" | "down" | null;
  readonly comment: string | null;
  /** What the answer should have been: text, or whatever the agent answers with. */
  readonly correction: unknown;
}

/**
 * Reads a body's bytes as feedback.
 *
 * @throws AppError `invalid_json` or `invalid_request` that names the field.
 */
export function parseFeedback(body: Uint8Array): FeedbackInput {
  const { thumb = null, comment = null, correction = null } = parseObject(body);
  if (thumb !== null && thumb !== "up" && thumb !== "down")
    throw invalid("thumb", 'thumb must be "up", "down" or null.');
  if (comment !== null && (typeof comment !== "string" || comment.length > MAX_COMMENT))
    throw invalid("comment", `comment must be a text of at most ${MAX_COMMENT} characters.`);
  if (JSON.stringify(correction).length > MAX_CORRECTION)
    throw invalid("correction", `correction must be at most ${MAX_CORRECTION} characters of JSON.`);
  if (thumb === null && (comment === null || comment.trim() === "") && correction === null)
    throw invalid("thumb", "Feedback needs a thumb, a comment or a correction.");
  return { thumb, comment, correction };
}

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new AppError("invalid_json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AppError("invalid_request", { message: "Feedback must be a JSON object." });
  return value as Record<string, unknown>;
}

const invalid = (param: string, message: string): AppError =>
  new AppError("invalid_request", { message, param });
