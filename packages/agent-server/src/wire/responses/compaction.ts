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
 * Characters of messages that a compaction repeats: some clients go on with the compaction alone. Messages
 * past it are named by their ids.
 */
const MAX_REPEATED = 4 * 1024 * 1024;

/**
 * The output of `POST /responses/compact`: the messages of users, systems and developers as they are, and
 * one `compaction` item with all that was said, where long outputs of calls are cut. A compaction of ours
 * in the input becomes part of the new one. Throws what {@link expandCompaction} throws, and `payload_too_large`.
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
  let left = MAX_REPEATED;
  for (const item of storedInputItems(expandCompaction(items), newId)) {
    if (isKept(item)) {
      kept.push(item);
      const size = JSON.stringify(item).length;
      entries.push(size > left ? item.id : item);
      if (size <= left) left -= size;
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
 * An input in which what our own compaction items hold stands in their place; messages that come before one
 * and are in it too are told by their ids, or by what they say, and move there. Compactions of other
 * servers stay. Throws `invalid_request` naming `input[i].encrypted_content` for one that was
 * changed or is too large.
 */
export function expandCompaction(items: readonly InputItem[]): InputItem[] {
  if (!items.some(isOwnCompaction)) return [...items];
  const expanded: (InputItem | undefined)[] = [];
  /** Where messages stand that a compaction may have been made beside. */
  const places = new Map<string, number>();
  /** Ids of messages that a compaction brought: one that comes after it with such an id is there already. */
  const brought = new Set<unknown>();
  let left = MAX_COMPACTION_BYTES;
  const add = (item: InputItem): void => {
    if (isKept(item)) places.set(item.id ?? saidBy(item), expanded.length);
    expanded.push(item);
  };
  for (const [at, item] of items.entries()) {
    if (!isOwnCompaction(item)) {
      if (!isKept(item) || !brought.has(item.id)) add(item);
      continue;
    }
    const { entries, bytes } = read(item.encrypted_content, at, left);
    left -= bytes;
    for (const entry of entries) {
      const [id, held] = typeof entry === "string" ? [entry] : [entry.id, entry];
      const place =
        places.get(id as string) ??
        (held !== undefined && isKept(held) ? places.get(saidBy(held)) : undefined);
      const beside = place === undefined ? undefined : expanded[place];
      if (beside !== undefined) expanded[place!] = undefined;
      else if (held !== undefined && isKept(held)) brought.add(held.id);
      const found = beside ?? held;
      if (found !== undefined) add(found);
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

/** Tells a message by what it says, for clients that send it back without its id. */
const saidBy = (item: InputItem): string => JSON.stringify([item["role"], item["content"]]);

const isKept = (item: InputItem): boolean =>
  item.type === "message" && item["role"] !== "assistant";
