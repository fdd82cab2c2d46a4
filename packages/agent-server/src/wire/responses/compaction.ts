import type { InputItem, OutputItem } from "@wheelhouse/core";
import { AppError } from "@wheelhouse/core";
import {
  type CompactionEntry,
  isOwnCompaction,
  MAX_COMPACTION_BYTES,
  readCompaction,
  writeCompaction,
} from "./compaction-content.js";
import { cutOutput } from "./cut-output.js";
import { storedInputItems } from "./input-items.js";

/** Types that a compaction leaves out: reasoning is the largest part, and of use in its own turn only. */
const DROPPED: ReadonlySet<string> = new Set(["reasoning", "compaction_trigger"]);

/**
 * The output of `POST /responses/compact`: the messages of users, systems and developers as they are, and
 * one `compaction` item with the rest, where long outputs of calls are cut. A compaction of ours in the
 * input becomes part of the new one. Throws what {@link expandCompaction} throws, and `payload_too_large`.
 *
 * @param items - the whole conversation, references resolved.
 * @param newId - makes an id from a prefix such as `cmp`.
 */
export function compactItems(
  items: readonly InputItem[],
  newId: (prefix: string) => string,
): OutputItem[] {
  const kept: OutputItem[] = [];
  const entries: CompactionEntry[] = [];
  for (const item of storedInputItems(expandCompaction(items), newId)) {
    if (isKept(item)) {
      kept.push(item);
      entries.push(item.id);
    } else if (!DROPPED.has(item.type)) {
      entries.push(cutOutput(item));
    }
  }
  return [
    ...kept,
    { type: "compaction", id: newId("cmp"), encrypted_content: writeCompaction(entries) },
  ];
}

/**
 * An input in which what our own compaction items hold stands in their place, and messages that they were
 * made beside are back between the answers to them, where they come before it with their ids. Compactions
 * of other servers stay. Throws `invalid_request` naming `input[i].encrypted_content` for one that was
 * changed or is too large.
 */
export function expandCompaction(items: readonly InputItem[]): InputItem[] {
  if (!items.some(isOwnCompaction)) return [...items];
  const expanded: (InputItem | undefined)[] = [];
  /** Where messages stand that a compaction may have been made beside. */
  const places = new Map<string, number>();
  let left = MAX_COMPACTION_BYTES;
  const add = (item: InputItem): void => {
    if (isKept(item) && typeof item.id === "string") places.set(item.id, expanded.length);
    expanded.push(item);
  };
  for (const [at, item] of items.entries()) {
    if (!isOwnCompaction(item)) {
      add(item);
      continue;
    }
    const { entries, bytes } = read(item.encrypted_content, at, left);
    left -= bytes;
    for (const entry of entries) {
      if (typeof entry !== "string") {
        add(entry);
        continue;
      }
      const place = places.get(entry);
      const message = place === undefined ? undefined : expanded[place];
      if (message === undefined) continue;
      expanded[place!] = undefined;
      add(message);
    }
  }
  return expanded.filter((item) => item !== undefined);
}

function read(content: string, at: number, left: number): ReturnType<typeof readCompaction> {
  try {
    return readCompaction(content, Math.max(1, left));
  } catch (cause) {
    const param = `input[${at}].encrypted_content`;
    const message = `${param}: it was changed since this server made it, or it holds too much.`;
    throw new AppError("invalid_request", { message, param, cause });
  }
}

const isKept = (item: InputItem): boolean =>
  item.type === "message" && item["role"] !== "assistant";
