import { InvalidResponseError } from "../errors/invalid-response-error.js";
import { type Call, nameOf } from "../http/call.js";
import { requestJson } from "../http/request-json.js";
import type { RequestOptions, Settings } from "../options.js";

/** Which part of a list is asked for. */
export interface ListOptions extends RequestOptions {
  /** Items of one page, 1 to 100. Default: the server's, 20. */
  limit?: number | undefined;
  /** Default: the server's, `desc`: newest first. */
  order?: "asc" | "desc" | undefined;
  /** Id of the item after which to begin. */
  after?: string | undefined;
}

/** One page, as the server gives it. */
export interface Page<Item> {
  readonly object: "list";
  readonly data: Item[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

/** A list: iterate it for every item, page after page as they are needed, or ask for one page. */
export interface List<Item> extends AsyncIterable<Item> {
  page(): Promise<Page<Item>>;
}

/** A list at a path. Each iteration asks anew. */
export function listAt<Item>(settings: Settings, path: string, options: ListOptions): List<Item> {
  const page = (after: string | undefined): Promise<Page<Item>> => {
    const query = Object.entries({ limit: options.limit, order: options.order, after }).flatMap(
      ([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]),
    );
    return requestJson<Page<Item>>(settings, { ...callOf(path), query }, options);
  };
  return {
    page: () => page(options.after),
    async *[Symbol.asyncIterator]() {
      for (let { after } = options; ;) {
        const { data, has_more: more, last_id: last } = await page(after);
        yield* data;
        if (!more) return;
        // Else the same page would come for ever.
        if (last === null || last === after || data.length === 0)
          throw new InvalidResponseError(
            `${nameOf(callOf(path))} says that it has more and gives no new last_id to go on after.`,
          );
        after = last;
      }
    },
  };
}

const callOf = (path: string): Call => ({
  method: "GET",
  path,
  repeatable: true,
  accept: "application/json",
});
