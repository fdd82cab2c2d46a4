/** The events that end a response: exactly one of them, the last. */
const TERMINAL: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
]);

/** Whether an event of this type ends the response. */
export function isTerminalEvent(type: string): boolean {
  return TERMINAL.has(type);
}
