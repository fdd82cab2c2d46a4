import { equal } from "./assert.js";
import { rule, type StoreRule } from "./rule.js";
import { sleep, until } from "./wait.js";

/** Who hears a signal. */
export const signalRules: readonly StoreRule[] = [
  rule(
    "signal-send",
    "every listener of the key hears the signal, with its payload",
    async ({ store: { signals } }) => {
      const heard: (string | undefined)[] = [];
      const listener = (payload: string | undefined): void => void heard.push(payload);
      const stops = [signals.listen("a", listener), signals.listen("a", listener)];
      signals.listen("b", () => heard.push("other key"));
      await signals.send("a", "ä😀");
      await until(() => (heard.length >= 2 ? true : undefined), "the signal");
      stops[0]?.();
      stops[0]?.();
      await signals.send("a");
      await until(() => (heard.length >= 3 ? true : undefined), "the second signal");
      stops[1]?.();
      await signals.send("a", "to nobody");
      await sleep(25);
      equal(heard.length, 3, "signals heard");
      equal(heard.slice(0, 2), ["ä😀", "ä😀"], "the payloads");
      equal(heard[2], undefined, "a signal without payload");
    },
  ),

  rule("signal-later", "a listener hears nothing sent before", async ({ store: { signals } }) => {
    const heard: unknown[] = [];
    await signals.send("a", "before");
    await sleep(25);
    signals.listen("a", (payload) => heard.push(payload));
    await signals.send("a", "after");
    await until(() => heard[0], "the signal");
    equal(heard, ["after"], "the signals");
  }),

  rule(
    "signal-throws",
    "a listener that throws disturbs nobody",
    async ({ store: { signals } }) => {
      const heard: unknown[] = [];
      signals.listen("a", () => {
        throw new Error("a listener's fault");
      });
      signals.listen("a", (payload) => heard.push(payload));
      await signals.send("a", "1");
      await signals.send("a", "2");
      await until(() => (heard.length >= 2 ? true : undefined), "the signals");
      equal(heard, ["1", "2"], "the signals");
    },
  ),
];
