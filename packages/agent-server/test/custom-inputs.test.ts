import type { StandardSchema } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { events, IN, PATHS, post, postJson, STREAM } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

/** `{limit: number, default 5}`, as a schema library would check it. */
function check(value: unknown) {
  const { limit = 5 } = value as { limit?: unknown };
  return typeof limit === "number"
    ? { value: { limit } }
    : { issues: [{ message: "expected a number", path: ["limit"] }] };
}

const standard = (validate: (value: unknown) => unknown): StandardSchema =>
  ({ "~standard": { version: 1, vendor: "test", validate } }) as StandardSchema;

const SCHEMAS = {
  "a sync schema": standard(check),
  "an async schema": standard(async (value) => {
    await new Promise((resolve) => setImmediate(resolve));
    return check(value);
  }),
};

for (const [name, customInputs] of Object.entries(SCHEMAS))
  describe(`custom inputs with ${name}`, () => {
    for (const path of PATHS)
      for (const stream of [false, true])
        test(`${path}, stream: ${stream}: gives the author what it parsed, and 400 naming the field`, async () => {
          const seen: unknown[] = [];
          const author = (request: { custom_inputs: unknown }) => {
            seen.push(request.custom_inputs);
            return "x";
          };
          const agents = [
            looseInvoke(author, { customInputs, concurrency: 1 }),
            looseStream(author, { customInputs, concurrency: 1 }),
          ];
          await using served = await serve({ agents });
          const url = `${served.url}${path}`;
          const ask = (custom_inputs?: unknown) => post(url, { ...IN, stream, custom_inputs });
          for (const given of [undefined, null, {}, { limit: 7, other: 1 }])
            // oxlint-disable-next-line no-await-in-loop -- one place.
            expect((await ask(given)).status).toBe(200);
          expect(seen).toEqual([{ limit: 5 }, { limit: 5 }, { limit: 5 }, { limit: 7 }]);
          const refused = await ask({ limit: "many" });
          expect(refused.status).toBe(400);
          expect(await refused.json()).toMatchObject({
            detail: "custom_inputs.limit: expected a number",
            ...(path === "/responses" ? { error: { param: "custom_inputs.limit" } } : {}),
          });
          expect(seen).toHaveLength(4);
          expect((await ask({ limit: 1 })).status).toBe(200);
        });
  });

test("a schema that throws is a 500 that tells nothing, and the next request is served", async () => {
  let broken = true;
  const customInputs = standard(async (value) => {
    if (broken) throw new Error("secret");
    return check(value);
  });
  const agent = looseStream(() => "x", { customInputs, concurrency: 1 });
  await using served = await serve({ agents: agent });
  for (const path of PATHS) {
    broken = true;
    // oxlint-disable-next-line no-await-in-loop -- they share the switch.
    const failed = await postJson(`${served.url}${path}`, STREAM);
    expect(failed.status).toBe(500);
    expect(failed.body["detail"]).toMatch(/^Internal server error \(request /);
    broken = false;
    // oxlint-disable-next-line no-await-in-loop -- they share the switch.
    expect(await events(await post(`${served.url}${path}`, STREAM))).not.toEqual([]);
  }
});
