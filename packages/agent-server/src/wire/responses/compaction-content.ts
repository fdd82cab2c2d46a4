import { isUtf8 } from "node:buffer";
import { deflateSync, inflateSync } from "node:zlib";
import { AppError, InputItem } from "@wheelhouse/core";
import { checkJsonBounds } from "../json-bounds.js";

/** What a compaction holds, in the order of the conversation: items, and the ids of messages beside it. */
export type CompactionEntry = InputItem | string;

/** Begins the content that this server made, and says how it is to be read. */
const PREFIX = "whc1.";
/** Bytes of JSON that all compactions of an input may hold together: a kilobyte can be inflated to one megabyte. */
export const MAX_COMPACTION_BYTES = 16 * 1024 * 1024;
/** Entries of one compaction. Each is checked: a million of them would take seconds. */
const MAX_ENTRIES = 20_000;

/** Whether this server made an item. */
export function isOwnCompaction(
  item: InputItem,
): item is InputItem & { encrypted_content: string } {
  const content = item["encrypted_content"];
  return item.type === "compaction" && typeof content === "string" && content.startsWith(PREFIX);
}

/**
 * Entries as opaque text. It is packed, not sealed: whoever has it may read and replace it, as it may the
 * items themselves, which it could just as well send. Throws `payload_too_large` for more than
 * {@link readCompaction} takes.
 */
export function writeCompaction(entries: readonly CompactionEntry[]): string {
  const json = Buffer.from(JSON.stringify(entries));
  if (json.length > MAX_COMPACTION_BYTES || entries.length > MAX_ENTRIES)
    throw new AppError("payload_too_large", {
      message: `The input cannot be compacted: beside its user messages it holds more than ${MAX_ENTRIES} items or ${MAX_COMPACTION_BYTES} bytes.`,
      param: "input",
    });
  return PREFIX + deflateSync(json).toString("base64url");
}

/** What was read of a compaction, and how much that is. */
export interface ReadCompaction {
  readonly entries: CompactionEntry[];
  readonly bytes: number;
}

/**
 * Reads what {@link writeCompaction} wrote; a client may have changed it. Throws a plain error that says
 * what is wrong.
 *
 * @param maxBytes - how large it may be when it is unpacked, 1 or more.
 */
export function readCompaction(content: string, maxBytes: number): ReadCompaction {
  const packed = Buffer.from(content.slice(PREFIX.length), "base64url");
  // The checksum of the format finds what was damaged on the way.
  const json = inflateSync(packed, { maxOutputLength: maxBytes });
  if (!isUtf8(json)) throw new Error("it is not text");
  checkJsonBounds(json);
  const entries: unknown = JSON.parse(json.toString());
  if (!Array.isArray(entries)) throw new Error("it is not a list");
  if (entries.length > MAX_ENTRIES) throw new Error("it is too long");
  return { entries: entries.map(checkedEntry), bytes: json.length };
}

function checkedEntry(entry: unknown): CompactionEntry {
  if (typeof entry === "string") return entry;
  const item = InputItem.parse(entry);
  // Ours are expanded before they are compacted again: a nested one is somebody's bomb.
  if (isOwnCompaction(item)) throw new Error("it holds another one");
  return item;
}
