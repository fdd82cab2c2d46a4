import { z } from "zod";

const ITEMS = new WeakMap<z.core.$ZodType, z.ZodType>();

/**
 * An array, checked up to its first wrong item. `z.array` explains every wrong one, which a hostile body
 * of a megabyte turns into seconds of work and gigabytes of messages that nobody reads.
 */
export function listOf<Item extends z.ZodType>(
  item: Item,
): z.ZodType<z.output<Item>[], z.input<Item>[]> {
  const list = (z.array(z.unknown()) as z.ZodType<unknown[], z.input<Item>[]>).transform(
    (values, context) => {
      const parsed: z.output<Item>[] = [];
      for (const [at, value] of values.entries()) {
        const result = item.safeParse(value);
        if (!result.success) {
          for (const issue of result.error.issues) {
            context.addIssue({ ...issue, path: [at, ...issue.path] });
          }
          return z.NEVER;
        }
        parsed.push(result.data);
      }
      return parsed;
    },
  );
  ITEMS.set(list, item);
  return list;
}

/** What a list made by {@link listOf} holds; undefined for another schema. */
export function listItem(schema: z.core.$ZodType): z.ZodType | undefined {
  return ITEMS.get(schema);
}
