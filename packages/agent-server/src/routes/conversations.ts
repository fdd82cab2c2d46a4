import type { Route } from "@wheelhouse/http";
import type { ResponsesContext } from "../responses/responses-context.js";
import { pageOf, parseListQuery } from "../wire/responses/list-page.js";
import {
  parseConversationItems,
  parseCreateConversation,
  parseUpdateConversation,
} from "../wire/responses/parse-conversation.js";
import { asksForEncrypted, withhold } from "../stored/withheld.js";
import { storedRoutes } from "./stored-route.js";

/** `/conversations` and their items (OpenAI, Conversations). */
export function conversationRoutes(context: ResponsesContext): Route[] {
  const one = "/conversations/:id";
  const items = `${one}/items`;
  const item = `${items}/:item`;
  return [
    ...storedRoutes(context, "POST", "/conversations", async ({ input, stored, owner }) => {
      const { items: first, metadata } = parseCreateConversation(input.body);
      return {
        kind: "json",
        body: await stored.conversations.create(owner, first, metadata),
      };
    }),
    ...storedRoutes(context, "GET", one, async ({ input, stored, owner }) => ({
      kind: "json",
      body: await stored.conversations.get(input.params["id"]!, owner),
    })),
    ...storedRoutes(context, "POST", one, async ({ input, stored, owner }) => {
      const id = input.params["id"]!;
      const metadata = parseUpdateConversation(input.body);
      return { kind: "json", body: await stored.conversations.update(id, owner, metadata) };
    }),
    ...storedRoutes(context, "DELETE", one, async ({ input, stored, owner }) => {
      const id = input.params["id"]!;
      await stored.conversations.delete(id, owner);
      return { kind: "json", body: { id, object: "conversation.deleted", deleted: true } };
    }),
    ...storedRoutes(context, "POST", items, async ({ input, stored, owner }) => {
      const id = input.params["id"]!;
      await stored.conversations.get(id, owner);
      const added = await stored.conversations.add(id, owner, parseConversationItems(input.body));
      return { kind: "json", body: pageOf(added, false) };
    }),
    ...storedRoutes(context, "GET", items, async ({ input, stored, owner }) => {
      const { order, limit, after } = parseListQuery(input.query);
      const page = { order, after, limit: limit + 1 };
      const found = await stored.conversations.list(input.params["id"]!, owner, page);
      return {
        kind: "json",
        body: pageOf(found.slice(0, limit).map(shown(input.query)), found.length > limit),
      };
    }),
    ...storedRoutes(context, "GET", item, async ({ input, stored, owner }) => ({
      kind: "json",
      body: shown(input.query)(
        await stored.conversations.item(input.params["id"]!, owner, input.params["item"]!),
      ),
    })),
    ...storedRoutes(context, "DELETE", item, async ({ input, stored, owner }) => {
      const { id, item: itemId } = input.params;
      return { kind: "json", body: await stored.conversations.deleteItem(id!, owner, itemId!) };
    }),
  ];
}

/** How an item is shown: without the agent's encrypted reasoning where the query does not ask for it. */
const shown =
  (query: URLSearchParams) =>
  <Item extends { readonly type?: unknown }>(item: Item): Item =>
    asksForEncrypted(query) ? item : withhold(item);
