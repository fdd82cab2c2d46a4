import { AppError, createId, type InputItem, type OutputItem } from "@wheelhouse/core";
import type { Store, StoredRecord } from "@wheelhouse/store";
import { itemIdsOf } from "./item-ids.js";
import { storedInputItems } from "../wire/responses/input-items.js";

/** A conversation, as the API shows it (OpenAI, Conversations). */
export interface Conversation {
  readonly id: string;
  readonly object: "conversation";
  /** Unix seconds. */
  readonly created_at: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An item of a conversation. */
export type ConversationItem = InputItem | OutputItem;

/** Which items are listed. */
export interface ConversationPage {
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly after: string | undefined;
}

/** The conversations of a server. An id that is unknown, malformed or another owner's throws `conversation_not_found`. */
export interface Conversations {
  create(
    owner: string | null,
    items: readonly InputItem[],
    metadata: Readonly<Record<string, string>>,
  ): Promise<Conversation>;
  get(id: string, owner: string | null): Promise<Conversation>;
  update(
    id: string,
    owner: string | null,
    metadata: Readonly<Record<string, string>>,
  ): Promise<Conversation>;
  /** With all its items. */
  delete(id: string, owner: string | null): Promise<void>;
  /** Gives the items with their ids. Throws `invalid_request` past the bound. */
  add(
    id: string,
    owner: string | null,
    items: readonly ConversationItem[],
  ): Promise<readonly ConversationItem[]>;
  /** One item more than asked for tells that there are more. Throws `item_not_found` for an unknown `after`. */
  list(id: string, owner: string | null, page: ConversationPage): Promise<ConversationItem[]>;
  /** All items, oldest first: what the agent is given. */
  items(id: string, owner: string | null): Promise<ConversationItem[]>;
  /** Throws `item_not_found`. */
  item(id: string, owner: string | null, itemId: string): Promise<ConversationItem>;
  /** Throws `item_not_found`. Gives the conversation. */
  deleteItem(id: string, owner: string | null, itemId: string): Promise<Conversation>;
}

/** `conv_` and 24 hex digits: no other id was ever given out. */
const CONVERSATION_ID = /^conv_[0-9a-f]{24}$/;
/** Items a conversation holds. */
const MAX_ITEMS = 10_000;
/** How many records are read at once. */
const PAGE = 1_000;

interface ItemRecord {
  readonly conversation: string;
  readonly item: ConversationItem;
}

/** Opens the collections. `ttlMs` is how long a conversation is kept after it was last written to. */
export function createConversations(store: Store, ttlMs: number): Conversations {
  const conversations = store.records.collection<Conversation>("conversations");
  const items = store.records.collection<ItemRecord>("conversation_items", {
    indexes: { conversation: ({ conversation }) => conversation },
  });
  const keyOf = (id: string, itemId: string): string => `${id}/${itemId}`;

  const find = async (id: string, owner: string | null): Promise<StoredRecord<Conversation>> => {
    const record = CONVERSATION_ID.test(id) ? await conversations.get(id) : undefined;
    if (record === undefined || record.owner !== owner) throw notFound();
    return record;
  };

  const page = async (
    id: string,
    order: "asc" | "desc",
    limit: number,
    after: string | undefined,
  ): Promise<readonly StoredRecord<ItemRecord>[]> =>
    items.list({
      index: { key: "conversation", value: id },
      order,
      limit,
      ...(after === undefined ? {} : { after }),
    });

  const allOf = async (id: string): Promise<StoredRecord<ItemRecord>[]> => {
    const all: StoredRecord<ItemRecord>[] = [];
    for (;;) {
      const next = await page(id, "asc", PAGE, all.at(-1)?.key);
      all.push(...next);
      if (next.length < PAGE) return all;
    }
  };

  const put = async (
    id: string,
    owner: string | null,
    added: readonly ConversationItem[],
  ): Promise<void> => {
    await Promise.all(
      added.map(async (item) =>
        items.put(keyOf(id, String(item.id)), { conversation: id, item }, { owner, ttlMs }),
      ),
    );
  };

  return {
    async create(owner, given, metadata) {
      const id = createId("conv");
      const conversation: Conversation = {
        id,
        object: "conversation",
        created_at: Math.floor(Date.now() / 1000),
        metadata,
      };
      await Promise.all([
        conversations.put(id, conversation, { owner, ifVersion: 0, ttlMs }),
        put(id, owner, storedInputItems([...given], itemIdsOf(id))),
      ]);
      return conversation;
    },
    async get(id, owner) {
      return (await find(id, owner)).value;
    },
    async update(id, owner, metadata) {
      const { value } = await find(id, owner);
      return (await conversations.put(id, { ...value, metadata }, { ttlMs })).value;
    },
    async delete(id, owner) {
      await find(id, owner);
      await conversations.delete(id);
      for (const { key } of await allOf(id)) await items.delete(key);
    },
    async add(id, owner, given) {
      const { value } = await find(id, owner);
      const held = await allOf(id);
      if (held.length + given.length > MAX_ITEMS)
        throw new AppError("invalid_request", {
          message: `A conversation holds at most ${MAX_ITEMS} items: this one has ${held.length}.`,
          param: "items",
        });
      const known = new Set(held.map(({ value: { item } }) => item.id));
      const newId = itemIdsOf(id);
      // An id that is there already is another item's: the new one gets its own.
      const added = storedInputItems(
        (given as InputItem[]).map((item) =>
          known.has(item.id as string) ? { ...item, id: null } : item,
        ),
        newId,
      );
      // Written again, so that the whole conversation lives as long as its newest item.
      const old = held.filter(({ expiresAt }) => (expiresAt ?? Infinity) < Date.now() + ttlMs / 2);
      await Promise.all([
        put(id, owner, added),
        conversations.put(id, value, { ttlMs }),
        ...old.map(async (row) => items.put(row.key, row.value, { ttlMs })),
      ]);
      return added;
    },
    async list(id, owner, { order, limit, after }) {
      await find(id, owner);
      if (after !== undefined && (await items.get(keyOf(id, after))) === undefined)
        throw itemNotFound("after");
      const rows = await page(id, order, limit, after && keyOf(id, after));
      return rows.map(({ value: { item } }) => item);
    },
    async items(id, owner) {
      await find(id, owner);
      return (await allOf(id)).map(({ value: { item } }) => item);
    },
    async item(id, owner, itemId) {
      await find(id, owner);
      const record = await items.get(keyOf(id, itemId));
      if (record === undefined) throw itemNotFound();
      return record.value.item;
    },
    async deleteItem(id, owner, itemId) {
      const { value } = await find(id, owner);
      if (!(await items.delete(keyOf(id, itemId)))) throw itemNotFound();
      return value;
    },
  };
}

/** The id is not repeated: it is the client's, and may be long. */
const notFound = (): AppError => new AppError("conversation_not_found", { param: "conversation" });
const itemNotFound = (param = "item_id"): AppError => new AppError("item_not_found", { param });
