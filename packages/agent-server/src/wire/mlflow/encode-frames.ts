import type { LogEntry } from "@wheelhouse/store";

/** Log entries as MLflow's frames: unnamed `data:` lines (B31). The entries hold JSON or `[DONE]`: no line ends. */
export function encodeMlflowFrames(entries: readonly LogEntry[]): string {
  let text = "";
  for (const { data } of entries) text += `data: ${data}\n\n`;
  return text;
}
