import fc from "fast-check";
import { expect, test } from "vitest";
import {
  CreateResponseRequest,
  InvocationRequest,
  InvocationResponse,
  isPlainInvocationResponse,
  isPlainRequest,
} from "@wheelhouse/core";

/** Values near the right ones: mostly fitting, with the mistakes clients make and the names JSON allows. */
const oddity = fc.oneof(
  fc.constantFrom<unknown>(null, "", "x", 0, -1, 1.5, true, [], {}, [null], [[]]),
  fc.jsonValue(),
  fc.constantFrom<unknown>({ __proto__: null }, JSON.parse('{"__proto__":1,"constructor":2}')),
);
const mostly = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: oddity });
const fields = (record: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc
    .record(
      Object.fromEntries(Object.entries(record).map(([name, value]) => [name, mostly(value)])),
      { requiredKeys: [] },
    )
    .chain((made) =>
      fc.oneof(
        { weight: 8, arbitrary: fc.constant(made) },
        {
          weight: 1,
          arbitrary: fc
            .tuple(fc.constantFrom("__proto__", "constructor", "extra", "toString"), fc.jsonValue())
            .map(([name, value]) => {
              const text = JSON.stringify({ [`\u0000${name}`]: value, ...made });
              return JSON.parse(text.replace(`"\\u0000${name}"`, `"${name}"`)) as object;
            }),
        },
      ),
    );

const text = fc.string();
const part = fields({
  type: fc.constantFrom("input_text", "output_text", "refusal", "input_image", "summary_text"),
  text,
  annotations: fc.constantFrom<unknown>([], null, [{ type: "x" }]),
  logprobs: fc.constantFrom<unknown>([], null),
});
const message = fc.record({
  type: fc.constantFrom("message"),
  role: mostly(fc.constantFrom("user", "assistant", "system", "developer")),
  content: mostly(fc.oneof(text, fc.array(part, { maxLength: 3 }))),
});
const item = fc.oneof(
  message,
  fields({
    type: fc.constantFrom(
      "message",
      "function_call",
      "function_call_output",
      "reasoning",
      "mcp_call",
    ),
    role: fc.constantFrom("user", "assistant", "system", "developer"),
    content: fc.oneof(text, fc.array(part, { maxLength: 3 })),
    call_id: text,
    name: text,
    arguments: text,
    output: fc.oneof(text, fc.array(part, { maxLength: 2 })),
    id: text,
    status: fc.constantFrom("completed", "in_progress", "incomplete", "done"),
  }),
);
const flag = fc.boolean();
const number = fc.double();
const settings: Record<string, fc.Arbitrary<unknown>> = {
  model: text,
  instructions: text,
  previous_response_id: text,
  conversation: text,
  include: fc.array(text),
  tools: fc.array(fields({ type: text, name: text }), { maxLength: 2 }),
  tool_choice: text,
  parallel_tool_calls: flag,
  max_tool_calls: fc.integer(),
  metadata: fc.dictionary(text, fc.string({ maxLength: 600 }), { maxKeys: 20 }),
  text: fc.constant({}),
  reasoning: fc.constant({}),
  temperature: number,
  top_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  top_logprobs: fc.integer(),
  max_output_tokens: fc.integer(),
  stream: flag,
  background: flag,
  store: flag,
  truncation: text,
  service_tier: text,
  safety_identifier: text,
  prompt_cache_key: text,
  user: text,
  context: fields({ conversation_id: text, user_id: text }),
  custom_inputs: fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 }),
};
const request = fc
  .tuple(
    mostly(fc.array(mostly(item), { maxLength: 3 })),
    // A few at a time: with all of them hardly any request would be plain.
    fc
      .subarray(Object.keys(settings), { maxLength: 4 })
      .chain((names) => fields(Object.fromEntries(names.map((name) => [name, settings[name]!])))),
  )
  .map(([input, rest]) => ({ input, ...rest }));

/** What a parser gives: the text is what comes in. */
const parsed = (value: unknown): Record<string, unknown> =>
  JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

const RUNS = { numRuns: 3_000 };

test("what is taken for a plain request is accepted by the schemas, and left as it is", () => {
  let taken = 0;
  fc.assert(
    fc.property(request, (value) => {
      const body = parsed(value);
      const plain = isPlainRequest(body, true);
      const untyped = isPlainRequest(body, false);
      taken += plain ? 1 : 0;
      const created = plain ? CreateResponseRequest.safeParse(body).data : body;
      expect(created).toStrictEqual(body);
      expect(!untyped || InvocationRequest.safeParse(body).success).toBe(true);
    }),
    RUNS,
  );
  // The property says nothing of requests that are never taken.
  expect(taken).toBeGreaterThan(RUNS.numRuns / 20);
});

test("the requests that clients send most are plain", () => {
  const conversation = [
    { type: "message", role: "user", content: "Hello" },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] },
    { type: "function_call", call_id: "call_1", name: "look", arguments: "{}" },
    { type: "function_call_output", call_id: "call_1", output: "nothing" },
  ];
  const rest = { model: "agent", stream: true, store: false, temperature: 0.5 };
  expect(isPlainRequest({ input: conversation, ...rest }, true)).toBe(true);
  const mlflow = { input: [{ role: "user", content: "Hello" }], context: { user_id: "u" } };
  expect(isPlainRequest(mlflow, false)).toBe(true);
  // The schema adds the type that it lacks.
  expect(isPlainRequest(mlflow, true)).toBe(false);
});

test("what the schemas refuse by its size is not plain", () => {
  const pairs = (count: number, key: string, value: string): object =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${at}${key}`, value]));
  const bodies = [
    `{"input":[],"temperature":1e400}`,
    `{"input":[],"max_output_tokens":0}`,
    `{"input":[],"max_output_tokens":1e300}`,
    JSON.stringify({ input: [], metadata: pairs(17, "", "") }),
    JSON.stringify({ input: [], metadata: pairs(1, "k".repeat(64), "") }),
    JSON.stringify({ input: [], metadata: pairs(1, "", "v".repeat(513)) }),
  ];
  for (const body of bodies) {
    const sent = JSON.parse(body) as Record<string, unknown>;
    expect(CreateResponseRequest.safeParse(sent).success, body).toBe(false);
    expect(isPlainRequest(sent, true), body).toBe(false);
  }
  const largest = { ...pairs(15, "", ""), ["k".repeat(64)]: "v".repeat(512) };
  expect(isPlainRequest({ input: [], metadata: largest }, true)).toBe(true);
});

test("names that every object has are no different from other unknown ones", () => {
  const names = JSON.parse('{"constructor":{"prototype":1},"toString":1}') as object;
  const body = { input: [{ type: "message", role: "user", content: "x", ...names }] };
  const sent = { ...body, custom_inputs: names, context: names, ...names };
  expect(isPlainRequest(sent, true)).toBe(true);
  expect(CreateResponseRequest.parse(sent)).toStrictEqual(sent);
  expect(InvocationRequest.safeParse(sent).success).toBe(true);
});

const outputItem = fields({
  type: fc.constantFrom("message", "function_call", "function_call_output", "reasoning"),
  role: fc.constantFrom("assistant", "user"),
  content: fc.array(part, { maxLength: 3 }),
  call_id: text,
  name: text,
  arguments: text,
  output: text,
  status: text,
});

test("what is taken for a plain result is accepted by the schema", () => {
  let plain = 0;
  fc.assert(
    fc.property(mostly(fc.array(mostly(outputItem), { maxLength: 3 })), (output) => {
      const result = parsed({ output });
      if (!isPlainInvocationResponse(result)) return;
      plain++;
      expect(InvocationResponse.safeParse(result).success).toBe(true);
    }),
    RUNS,
  );
  expect(plain).toBeGreaterThan(RUNS.numRuns / 20);
});
