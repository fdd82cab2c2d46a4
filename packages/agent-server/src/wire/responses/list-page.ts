import { AppError } from "@wheelhouse/core";

/** Which part of a list a client asks for. */
export interface ListQuery {
  /** Items of a page, 1 to 100. */
  readonly limit: number;
  readonly order: "asc" | "desc";
  /** Id of the item after which the page begins, in the order asked for. */
  readonly after: string | undefined;
  /** Id of the item before which the page ends, in the order asked for. */
  readonly before: string | undefined;
}

/** A page of a list (OpenAI's list object). */
export interface ListPage<Item> {
  readonly object: "list";
  readonly data: Item[];
  /** Null for a page without items. */
  readonly first_id: string | null;
  readonly last_id: string | null;
  /** Whether there is more in the direction of the paging. */
  readonly has_more: boolean;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/**
 * The query of a list: `limit` (default 20), `order` (default `desc`), `after`, `before`. Others are
 * passed over. Throws `invalid_request` naming the parameter.
 */
export function parseListQuery(params: URLSearchParams): ListQuery {
  const limit = params.get("limit") ?? String(DEFAULT_LIMIT);
  if (!/^\d{1,9}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIMIT)
    throw invalid("limit", `expected an integer from 1 to ${MAX_LIMIT}`);
  const order = params.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw invalid("order", 'expected "asc" or "desc"');
  return {
    limit: Number(limit),
    order,
    after: params.get("after") || undefined,
    before: params.get("before") || undefined,
  };
}

/**
 * A page of `items`, which are in ascending order. With `before` alone it is the page next to that item,
 * as going back one page means. A cursor that is not in the list throws `item_not_found` (404): an empty
 * page would end a client's paging as if it had everything.
 */
export function listPage<Item extends { readonly id?: string | null | undefined }>(
  items: readonly Item[],
  query: ListQuery,
): ListPage<Item> {
  const { limit, after, before } = query;
  const ordered = query.order === "asc" ? items : items.toReversed();
  const from = after === undefined ? 0 : placeOf(ordered, after, "after") + 1;
  const to = before === undefined ? ordered.length : placeOf(ordered, before, "before");
  const backwards = before !== undefined && after === undefined;
  const data = backwards
    ? ordered.slice(Math.max(from, to - limit), to)
    : ordered.slice(from, Math.max(from, Math.min(to, from + limit)));
  return pageOf(data, data.length < to - from);
}

/** Items as a page, where a store has done the paging. */
export function pageOf<Item extends { readonly id?: string | null | undefined }>(
  data: readonly Item[],
  hasMore: boolean,
): ListPage<Item> {
  return {
    object: "list",
    data: [...data],
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}

function placeOf(
  items: readonly { readonly id?: string | null | undefined }[],
  id: string,
  param: string,
): number {
  const at = items.findIndex((item) => item.id === id);
  if (at === -1)
    throw new AppError("item_not_found", { message: `Item '${id}' was not found.`, param });
  return at;
}

const invalid = (param: string, expected: string): AppError =>
  new AppError("invalid_request", { message: `${param}: ${expected}.`, param });
