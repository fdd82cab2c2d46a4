import { path } from "../http/call.js";
import type { RequestOptions, Settings } from "../options.js";
import type { InputItemParam } from "../types/create-body.js";
import type { Conversation, Deleted, StoredItem } from "../types/stored.js";
import type { JsonCalls } from "./json-calls.js";
import { type List, listAt, type ListOptions, type Page } from "./list.js";

/** What a conversation begins with. */
export interface ConversationBody {
  items?: readonly InputItemParam[] | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
}

/** `/conversations` of an agent server: give an id as `conversation` of a request. */
export interface Conversations {
  create(body?: ConversationBody, options?: RequestOptions): Promise<Conversation>;
  retrieve(id: string, options?: RequestOptions): Promise<Conversation>;
  /** Replaces the metadata. */
  update(
    id: string,
    body: { metadata: Readonly<Record<string, string>> },
    options?: RequestOptions,
  ): Promise<Conversation>;
  delete(id: string, options?: RequestOptions): Promise<Deleted>;
  readonly items: {
    /** Adds items; gives them with their ids. */
    create(
      id: string,
      items: readonly InputItemParam[],
      options?: RequestOptions,
    ): Promise<Page<StoredItem>>;
    list(id: string, options?: ListOptions): List<StoredItem>;
    retrieve(id: string, itemId: string, options?: RequestOptions): Promise<StoredItem>;
    /** Gives the conversation that the item was in. */
    delete(id: string, itemId: string, options?: RequestOptions): Promise<Conversation>;
  };
}

export function createConversations(settings: Settings, json: JsonCalls): Conversations {
  const at = (id: string): string => path("conversations", id);
  const item = (id: string, itemId: string): string => path("conversations", id, "items", itemId);
  return {
    create: (body = {}, options) => json.postOnce("/conversations", body, options),
    retrieve: (id, options) => json.get(at(id), options),
    update: (id, body, options) => json.postAgain(at(id), body, options),
    delete: (id, options) => json.delete(at(id), options),
    items: {
      create: (id, items, options) => json.postOnce(`${at(id)}/items`, { items }, options),
      list: (id, options = {}) => listAt(settings, `${at(id)}/items`, options),
      retrieve: (id, itemId, options) => json.get(item(id, itemId), options),
      delete: (id, itemId, options) => json.delete(item(id, itemId), options),
    },
  };
}
