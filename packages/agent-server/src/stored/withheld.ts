/**
 * `encrypted_content` of reasoning items, by item id, that the client did not ask to see: the agent is given
 * it again in the next turn (Responses API, `include`).
 */
export type Withheld = Readonly<Record<string, string>>;

interface Item {
  readonly type?: unknown;
  readonly id?: unknown;
}

/** Items with what was withheld of them. */
export function restoreWithheld<T extends Item>(
  items: readonly T[],
  withheld: Withheld | undefined,
): readonly T[] {
  if (withheld === undefined) return items;
  return items.map((item) => {
    const content = withheld[String(item.id)];
    return content === undefined ? item : { ...item, encrypted_content: content };
  });
}

/** An item as a client sees it that did not ask for `reasoning.encrypted_content`. */
export function withhold<T extends Item>(item: T): T {
  if (item.type !== "reasoning" || !("encrypted_content" in item)) return item;
  const shown: T & { encrypted_content?: unknown } = { ...item };
  delete shown.encrypted_content;
  return shown;
}

/** Whether a query asks for it: `include` or `include[]`, any number of times. */
export const asksForEncrypted = (query: URLSearchParams): boolean =>
  [...query.getAll("include"), ...query.getAll("include[]")].includes(
    "reasoning.encrypted_content",
  );
