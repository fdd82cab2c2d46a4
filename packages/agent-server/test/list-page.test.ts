import { isAppError } from "@wheelhouse/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { listPage, type ListQuery, parseListQuery } from "../src/wire/responses/list-page.js";

const parsed = (query: string): ListQuery => parseListQuery(new URLSearchParams(query));
const failure = (work: () => unknown): { code: string; status: number; param: string | null } => {
  try {
    work();
  } catch (error) {
    if (isAppError(error)) return { code: error.code, status: error.status, param: error.param };
    throw error;
  }
  throw new Error("It did not throw.");
};
const items = (count: number): { id: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `i${at}` }));

test("a query has defaults, and what it does not know is passed over", () => {
  expect(parsed("")).toEqual({ limit: 20, order: "desc", after: undefined, before: undefined });
  expect(parsed("limit=100&order=asc&after=a&before=b&include=x&limits=0")).toEqual({
    limit: 100,
    order: "asc",
    after: "a",
    before: "b",
  });
  expect(parsed("after=&before=")).toMatchObject({ after: undefined, before: undefined });
});

test("a wrong query names its parameter", () => {
  for (const limit of ["0", "101", "-1", "1.5", "1e1", "", "x", " 5", "9".repeat(400)])
    expect(failure(() => parseListQuery(new URLSearchParams({ limit })))).toEqual({
      code: "invalid_request",
      status: 400,
      param: "limit",
    });
  for (const order of ["", "ASC", "up"])
    expect(failure(() => parseListQuery(new URLSearchParams({ order }))).param).toBe("order");
});

test("pages are in the order asked for, newest first by default", () => {
  expect(listPage(items(5), parsed("limit=2"))).toEqual({
    object: "list",
    data: [{ id: "i4" }, { id: "i3" }],
    first_id: "i4",
    last_id: "i3",
    has_more: true,
  });
  expect(listPage(items(5), parsed("limit=2&after=i1"))).toMatchObject({
    data: [{ id: "i0" }],
    has_more: false,
  });
  expect(listPage(items(5), parsed("limit=2&order=asc&before=i4"))).toMatchObject({
    data: [{ id: "i2" }, { id: "i3" }],
    has_more: true,
  });
  expect(listPage(items(5), parsed("order=asc&after=i0&before=i3"))).toMatchObject({
    data: [{ id: "i1" }, { id: "i2" }],
    has_more: false,
  });
  expect(listPage(items(5), parsed("order=asc&after=i3&before=i1"))).toMatchObject({
    data: [],
    has_more: false,
  });
});

test("a page without items has no ids", () => {
  expect(listPage([], parsed(""))).toEqual({
    object: "list",
    data: [],
    first_id: null,
    last_id: null,
    has_more: false,
  });
});

test("a cursor that is not in the list is not found", () => {
  for (const param of ["after", "before"])
    expect(failure(() => listPage(items(3), parsed(`${param}=gone`)))).toEqual({
      code: "item_not_found",
      status: 404,
      param,
    });
});

test("paging forwards or backwards as openai's clients do gives every item once, in order", () => {
  const arbitrary = {
    count: fc.nat(60),
    limit: fc.integer({ min: 1, max: 20 }),
    order: fc.constantFrom("asc", "desc"),
    forwards: fc.boolean(),
  };
  fc.assert(
    fc.property(fc.record(arbitrary), ({ count, limit, order, forwards }) => {
      const all = items(count);
      const ordered = order === "asc" ? all : all.toReversed();
      // Backwards from the last item, which itself is not on a page.
      const expected = forwards ? ordered : ordered.slice(0, -1);
      let cursor: string | null = forwards ? null : (ordered.at(-1)?.id ?? null);
      const seen: { id: string }[] = [];
      for (let page = 0; page <= count + 1; page++) {
        const query: Record<string, string> = { limit: String(limit), order };
        if (cursor !== null) query[forwards ? "after" : "before"] = cursor;
        const { data, has_more, first_id, last_id } = listPage(
          all,
          parseListQuery(new URLSearchParams(query)),
        );
        expect(data.length).toBeLessThanOrEqual(limit);
        if (forwards) seen.push(...data);
        else seen.unshift(...data);
        cursor = forwards ? last_id : first_id;
        if (!has_more) break;
      }
      expect(seen).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
