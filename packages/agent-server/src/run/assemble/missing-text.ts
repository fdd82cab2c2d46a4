/**
 * What is left to send so that the deltas add up to `whole`. A whole text that does not continue what
 * was streamed adds nothing: the client has shown the streamed one, and deltas must concatenate to it.
 */
export function missingText(streamed: string, whole: unknown): string {
  if (typeof whole !== "string" || !whole.startsWith(streamed)) return "";
  return whole.slice(streamed.length);
}
