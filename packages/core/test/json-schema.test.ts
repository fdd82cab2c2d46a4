import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as core from "../src/index.js";

const { CreateResponseRequest, jsonSchemaOf } = core;

/** The parts of a JSON Schema that are looked at here. */
interface Json {
  $schema?: string;
  type?: string;
  required?: string[];
  properties?: Record<string, Json>;
  items?: Json;
  anyOf?: Json[];
  additionalProperties?: unknown;
  maxProperties?: number;
}

const schemas = Object.entries<unknown>(core).flatMap(([name, value]) =>
  value instanceof z.ZodType ? [[name, value] as const] : [],
);

describe("jsonSchemaOf", () => {
  test.each(
    schemas.flatMap(
      ([name, schema]) =>
        [
          [name, "input", schema],
          [name, "output", schema],
        ] as const,
    ),
  )("%s as %s is a document", (_, side, schema) => {
    const json = jsonSchemaOf(schema, side) as Json;
    expect(json.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    // The dialect is named once, at the top.
    expect(JSON.stringify(json).split("$schema")).toHaveLength(2);
  });

  test("there are schemas to look at", () => {
    expect(schemas.length).toBeGreaterThan(30);
  });

  test("says what a request's lists hold and how large its metadata may be", () => {
    const request = jsonSchemaOf(CreateResponseRequest, "input") as Json;
    const field = (name: string): Json | undefined => request.properties?.[name]?.anyOf?.[0];
    expect(field("tools")).toMatchObject({
      type: "array",
      items: { type: "object", required: ["type"] },
    });
    expect(field("include")).toEqual({ type: "array", items: { type: "string" } });
    expect(field("input")?.anyOf).toMatchObject([
      { type: "string" },
      { type: "array", items: { type: "object" } },
    ]);
    expect(field("metadata")).toMatchObject({
      maxProperties: 16,
      additionalProperties: { type: "string", maxLength: 512 },
    });
  });

  test("says that a response has its 31 fields", () => {
    expect((jsonSchemaOf(core.Response, "output") as Json).required).toHaveLength(31);
  });

  test("what JSON cannot say is anything", () => {
    expect(jsonSchemaOf(z.object({ at: z.date() }), "input")).toMatchObject({
      properties: { at: {} },
    });
  });
});
