import { randomHex } from "@wheelhouse/core";

/** An id that we gave out: a prefix, the 24 digits of its response's or conversation's id, and 8 of its own. */
const ITEM_ID = /^[a-z]+_([0-9a-f]{24})[0-9a-f]{8}$/;

/**
 * Makes ids for the items of a response or conversation. They name it, so that an item is found by its id
 * alone, without an index of all items.
 */
export function itemIdsOf(ownerId: string): (prefix: string) => string {
  const digits = ownerId.slice(ownerId.indexOf("_") + 1);
  return (prefix) => `${prefix.replace(/[^a-z]/g, "") || "item"}_${digits}${randomHex(4)}`;
}

/** The ids that an item's id may belong to; none for an id that is not one of ours. */
export function ownersOfItem(
  itemId: string,
): { response: string; conversation: string } | undefined {
  const digits = ITEM_ID.exec(itemId)?.[1];
  return digits === undefined
    ? undefined
    : { response: `resp_${digits}`, conversation: `conv_${digits}` };
}
