import type { InputItem } from "@wheelhouse/core";

/** Characters that are kept of what one call gave. */
const MAX_OUTPUT = 4_000;
/** What a note may add: a text that was cut once is not cut again. */
const NOTE_LENGTH = 100;
/** Where items hold what a call gave. */
const FIELDS = ["output", "outputs", "results", "result"] as const;
/** Parts whose data says nothing when it is cut. */
const DATA_PARTS: readonly unknown[] = [
  "computer_screenshot",
  "input_audio",
  "input_file",
  "input_image",
  "input_video",
];

/** An item whose output is cut to some thousand characters, with a note where it was; the item itself if it is short. */
export function cutOutput(item: InputItem): InputItem {
  let cut: Record<string, unknown> | undefined;
  for (const field of FIELDS) {
    const value = item[field];
    if (value == null || JSON.stringify(value).length <= MAX_OUTPUT) continue;
    cut ??= { ...item };
    // An image is nothing but its data.
    cut[field] =
      item.type === "image_generation_call" ? null : cutValue(value, { left: MAX_OUTPUT });
  }
  return cut === undefined ? item : (cut as InputItem);
}

function cutValue(value: unknown, budget: { left: number }): unknown {
  if (typeof value === "string") return cutText(value, budget);
  if (Array.isArray(value)) return value.map((entry) => cutValue(entry, budget));
  if (typeof value !== "object" || value === null) return value;
  const { type } = value as { type?: unknown };
  if (DATA_PARTS.includes(type)) {
    const length = JSON.stringify(value).length;
    if (length > budget.left) return { type: "input_text", text: `[${String(type)} left out]` };
    budget.left -= length;
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      key === "type" ? entry : cutValue(entry, budget),
    ]),
  );
}

function cutText(text: string, budget: { left: number }): string {
  if (text.length <= budget.left + NOTE_LENGTH) {
    budget.left = Math.max(0, budget.left - text.length);
    return text;
  }
  let end = budget.left;
  budget.left = 0;
  // Never half a character.
  if (end > 0 && text.charCodeAt(end - 1) >= 0xd800 && text.charCodeAt(end - 1) <= 0xdbff) end--;
  return `${text.slice(0, end)}\n[… ${text.length - end} characters left out]`;
}
