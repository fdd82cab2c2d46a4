import { ev } from "@wheelhouse/agent-sdk";
import fc from "fast-check";
import { expect, test } from "vitest";
import { reduceEvents } from "../src/run/reduce.js";
import { encodeEvent } from "../src/wire/responses/responses-producer.js";
import { options, yields } from "./support/arbitrary-yields.js";
import { assemble, outputOf, textOf } from "./support/assemble.js";
import { sequenceFaults } from "./support/sequence-faults.js";

const text = fc.constantFrom("", "a", "bc", "hello ", "héllo\n", "a".repeat(50));

test("any sequence of yields becomes a legal event sequence", () => {
  fc.assert(
    fc.property(yields, options, (given, how) => {
      expect(sequenceFaults(assemble(given, how))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

test("an event's text is what JSON makes of it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), yields, (said, given) => {
      for (const event of assemble([said, ...given]))
        expect(encodeEvent(event as never)).toBe(JSON.stringify(event));
    }),
    { numRuns: 300 },
  );
});

test("the reduced events are the final response", () => {
  fc.assert(
    fc.property(yields, options, (given, how) => {
      const events = assemble(given, how);
      expect(reduceEvents(events)).toEqual(events.at(-1)!["response"]);
      // Without the terminal event the done items alone give the same output.
      expect(reduceEvents(events.slice(0, -1))?.output).toEqual(outputOf(events));
    }),
    { numRuns: 500 },
  );
});

test("plain strings come back whole, in order, whatever is between them", () => {
  const between = fc.constantFrom<unknown>(
    ev.reasoning("r"),
    ev.call("c1", "f", {}),
    ev.result("c1", "x"),
    ev.usage(1, 1),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(text, between), { maxLength: 20 }), (given) => {
      const said = given.filter((value) => typeof value === "string").join("");
      expect(textOf(assemble(given))).toBe(said);
    }),
    { numRuns: 500 },
  );
});
