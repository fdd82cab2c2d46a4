import { AppError, explainIssues, InputItem, Metadata } from "@wheelhouse/core";
import { parseJsonObject } from "../parse-json-object.js";

/** Items that one request may add (OpenAI, Conversations). */
const MAX_ADDED = 20;

/** A body of `POST /conversations`, checked. */
export interface CreateConversation {
  readonly items: readonly InputItem[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Parses a body of `POST /conversations`; an empty one is allowed. Throws 400 naming the field. */
export function parseCreateConversation(bytes: Uint8Array): CreateConversation {
  const body = bytes.byteLength === 0 ? {} : parseJsonObject(bytes);
  return { items: itemsOf(body, false), metadata: metadataOf(body, false) };
}

/** Parses a body of `POST /conversations/{id}`; null takes the metadata away. Throws 400 naming the field. */
export function parseUpdateConversation(bytes: Uint8Array): CreateConversation["metadata"] {
  const body = parseJsonObject(bytes);
  return metadataOf(body, body["metadata"] !== null);
}

/** Parses a body of `POST /conversations/{id}/items`. Throws 400 naming the field. */
export function parseConversationItems(bytes: Uint8Array): readonly InputItem[] {
  return itemsOf(parseJsonObject(bytes), true);
}

function itemsOf({ items }: Record<string, unknown>, isNeeded: boolean): InputItem[] {
  if (items == null && !isNeeded) return [];
  if (!Array.isArray(items)) throw invalid("items", "items: expected a list of items.");
  if (items.length > MAX_ADDED)
    throw invalid("items", `items: expected at most ${MAX_ADDED}, got ${items.length}.`);
  return items.map((item, at) => {
    const parsed = InputItem.safeParse(item);
    if (!parsed.success) {
      const { param, message } = explainIssues(parsed.error);
      const path = `items[${at}]${param === null ? "" : `.${param}`}`;
      throw invalid(path, param === null ? `${path}: ${message}` : `items[${at}].${message}`);
    }
    if (parsed.data.type === "item_reference")
      throw invalid(`items[${at}].type`, "A conversation holds items, not references to them.");
    return parsed.data;
  });
}

function metadataOf(
  { metadata }: Record<string, unknown>,
  isNeeded: boolean,
): Record<string, string> {
  if (metadata == null && !isNeeded) return {};
  const parsed = Metadata.safeParse(metadata);
  if (parsed.success) return parsed.data;
  const { param, message } = explainIssues(parsed.error);
  const path = param === null ? "metadata" : `metadata.${param}`;
  throw invalid(path, param === null ? `metadata: ${message}` : `metadata.${message}`);
}

function invalid(param: string, message: string): AppError {
  return new AppError("invalid_request", { message, param });
}
