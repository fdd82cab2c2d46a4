import {
  AppError,
  type CreateResponseRequest,
  type InputItem,
  type ItemReference,
} from "@wheelhouse/core";
import { checkToolOutputs } from "../wire/responses/tool-outputs.js";
import { expandCompaction } from "../wire/responses/compaction.js";
import { storedInputItems } from "../wire/responses/input-items.js";
import type { Conversations } from "./conversations.js";
import { itemIdsOf, ownersOfItem } from "./item-ids.js";
import type { ResponseRecords, StoredResponse } from "./response-records.js";
import { restoreWithheld } from "./withheld.js";

/** Responses that a chain of `previous_response_id` may have. */
const MAX_CHAIN = 10_000;

/** What a request comes to, with what came before it. */
export interface ResolvedInput {
  /** What the agent is given: earlier input and output in order, then the request's own items (M12). */
  readonly items: InputItem[];
  /** The request's own items, with ids and without references: what is stored of it. */
  readonly own: InputItem[];
  /** The run whose steps this one goes on with, where it answers an approval request. */
  readonly stepsOf: string | undefined;
}

/** Whose items a WebSocket has at hand though they were not stored. */
export type LocalHistory = (responseId: string) => readonly InputItem[] | undefined;

/** Finds what came before a request. */
export interface History {
  /**
   * Throws `previous_response_not_found` (400), `conversation_not_found` and `item_not_found` (404), and
   * `invalid_request` for an output without its call.
   */
  resolve(
    request: CreateResponseRequest & { readonly input: readonly InputItem[] },
    options: {
      readonly responseId: string;
      readonly owner: string | null;
      readonly local?: LocalHistory | undefined;
    },
  ): Promise<ResolvedInput>;
}

export function createHistory(
  records: ResponseRecords,
  conversations: Conversations,
  ttlMs: number,
): History {
  /** The responses that lead to this one, oldest first. */
  const chain = async (id: string, owner: string | null): Promise<StoredResponse[]> => {
    const found: StoredResponse[] = [];
    for (let next: string | null = id; next !== null;) {
      const record: StoredResponse | undefined = await records.get(next, owner);
      if (record === undefined) throw previousNotFound(next === id);
      found.push(record);
      if (found.length > MAX_CHAIN)
        throw new AppError("invalid_request", {
          message: `The chain of previous responses is longer than ${MAX_CHAIN}: compact it.`,
          param: "previous_response_id",
        });
      // A conversation's items hold what came before.
      next =
        record.value.conversation === undefined ? record.value.response.previous_response_id : null;
    }
    await refresh(found);
    return found.toReversed();
  };

  /** What a chat that goes on builds on must not expire under it. */
  const refresh = async (chained: readonly StoredResponse[]): Promise<void> => {
    const old = chained.filter(
      ({ value, expiresAt }) =>
        value.state === "ended" && (expiresAt ?? Infinity) < Date.now() + ttlMs / 2,
    );
    await Promise.all(old.map(async ({ key, value }) => records.put(key as never, value, {})));
  };

  const before = async (
    request: CreateResponseRequest,
    owner: string | null,
    local: LocalHistory | undefined,
  ): Promise<InputItem[]> => {
    const { previous_response_id: previous, conversation } = request;
    if (conversation != null) {
      const id = typeof conversation === "string" ? conversation : conversation.id;
      return await conversations.items(id, owner);
    }
    if (previous == null) return [];
    const kept = local?.(previous);
    if (kept !== undefined) return [...kept];
    const responses = await chain(previous, owner);
    return responses.flatMap(({ value }) => [
      ...value.input,
      ...restoreWithheld(value.response.output as InputItem[], value.withheld),
    ]);
  };

  /** The stored item of an id of ours; an author's own ids are looked for in what came before. */
  const referred = async (
    id: string,
    earlier: ReadonlyMap<string, InputItem>,
    owner: string | null,
  ): Promise<InputItem | undefined> => {
    const known = earlier.get(id);
    if (known !== undefined) return known;
    const owners = ownersOfItem(id);
    if (owners === undefined) return undefined;
    const record = await records.get(owners.response, owner);
    if (record !== undefined) {
      const { input, response, withheld } = record.value;
      const output = restoreWithheld(response.output as InputItem[], withheld);
      return [...input, ...output].find((item) => item.id === id);
    }
    try {
      return await conversations.item(owners.conversation, owner, id);
    } catch {
      return undefined;
    }
  };

  return {
    async resolve(request, { responseId, owner, local }) {
      const earlier = await before(request, owner, local);
      const byId = new Map(earlier.map((item) => [item.id as string, item]));
      const newId = itemIdsOf(responseId);
      const own: InputItem[] = [];
      for (const [at, item] of request.input.entries()) {
        if (item.type !== "item_reference") {
          own.push(item);
          continue;
        }
        const found = await referred((item as ItemReference).id, byId, owner);
        if (found === undefined)
          throw new AppError("item_not_found", {
            message:
              "Item not found: it was not stored, has expired, or belongs to somebody else. Send the item itself.",
            param: `input[${at}].id`,
          });
        own.push(found);
      }
      const items = expandCompaction([...earlier, ...own]);
      checkToolOutputs(items);
      const stored = storedInputItems(own, newId);
      return { items, own: stored, stepsOf: await stepsOf(own, owner) };
    },
  };

  /** An approval's id tells the response that asked; that one knows whose steps it went on with. */
  async function stepsOf(
    own: readonly InputItem[],
    owner: string | null,
  ): Promise<string | undefined> {
    const answer = own.find(({ type }) => type === "mcp_approval_response") as
      | { readonly approval_request_id?: unknown }
      | undefined;
    const asked = ownersOfItem(String(answer?.approval_request_id))?.response;
    const record = asked === undefined ? undefined : await records.get(asked, owner);
    return record?.value.stepsOf;
  }
}

function previousNotFound(isItself: boolean): AppError {
  return new AppError("previous_response_not_found", {
    message: isItself
      ? "The previous response was not found: it was not stored, has expired or was deleted, or belongs to somebody else."
      : "A response that the previous response builds on was not found: it has expired or was deleted. Send the earlier items in input.",
    param: "previous_response_id",
  });
}
