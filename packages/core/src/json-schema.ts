import { z } from "zod";
import { listItem } from "./list-of.js";

/** A schema as JSON Schema (2020-12), for documents such as OpenAPI's. What JSON cannot say becomes `{}`. */
export function jsonSchemaOf(schema: z.ZodType, side: "input" | "output"): object {
  return z.toJSONSchema(schema, {
    io: side,
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const item = listItem(zodSchema);
      if (item === undefined) return;
      const { $schema: _, ...items } = jsonSchemaOf(item, side) as z.core.JSONSchema.JSONSchema;
      Object.assign(jsonSchema, { type: "array", items });
    },
  });
}
