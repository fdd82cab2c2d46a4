import type { z } from "zod";
import { explainIssues, type IssueExplanation } from "../../src/index.js";

/** What a client reads of a value that a schema refuses; undefined for one that it takes. */
export function refusalOf(schema: z.ZodType, value: unknown): IssueExplanation | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? undefined : explainIssues(parsed.error);
}

/** A copy of an object without one of its keys. */
export function without(value: object, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}
