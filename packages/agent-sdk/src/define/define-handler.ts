import { createDecorator } from "../decorate/decorator.js";
import { offerServeThread } from "../worker/serve-thread.js";
import type { AgentFunction, HandlerKind } from "./agent-function.js";
import { createHandler } from "./handler.js";
import { resolveOptions } from "./handler-options.js";

// In a worker thread of ours this is what the author's module brings along; elsewhere it does nothing.
offerServeThread();

/** What `invoke` and `stream` share: tells the call forms apart. */
export function defineHandler(kind: HandlerKind, args: readonly unknown[]): unknown {
  const [first, second] = args;
  if (typeof first === "function") {
    if (args.length > 1) {
      throw new TypeError(
        `write @${kind}() with parentheses on a method, and ${kind}(options, fn) in this order`,
      );
    }
    return createHandler(kind, resolveOptions(undefined), first as AgentFunction);
  }
  if (args.length < 2) return createDecorator(kind, first);
  if (typeof second !== "function") {
    throw new TypeError(`the second argument of ${kind}(options, fn) must be a function`);
  }
  return createHandler(kind, resolveOptions(first), second as AgentFunction);
}
