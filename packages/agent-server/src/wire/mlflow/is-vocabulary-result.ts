import { isPart } from "@wheelhouse/core";

/** Whether an author's result is in our own vocabulary: a string, a part, a list, or text as `output`. */
export function isVocabularyResult(result: unknown): boolean {
  return (
    typeof result === "string" ||
    Array.isArray(result) ||
    isPart(result) ||
    typeof (result as { output?: unknown } | null | undefined)?.output === "string"
  );
}
