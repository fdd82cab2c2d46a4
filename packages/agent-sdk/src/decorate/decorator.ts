import type { AgentContext, AgentRequest } from "@wheelhouse/core";
import type {
  HandlerKind,
  InvokeFunction,
  InvokeResult,
  StreamFunction,
  StreamResult,
} from "../define/agent-function.js";
import { resolveOptions } from "../define/handler-options.js";
import { defaultRegistry } from "../define/registry.js";
import { addMember } from "./members.js";

/** Of a method's decorator context, what must hold of an agent's member. */
interface PublicMember {
  readonly static: false;
  readonly private: false;
}

type Method<This, CustomInputs, Result> = (
  this: This,
  request: AgentRequest<CustomInputs>,
  context: AgentContext,
) => Result | PromiseLike<Result>;

/** What `invoke()` and `stream()` give without a function. */
interface Decorator<CustomInputs, Result, PlainFunction> {
  /** As a decorator: marks the method and changes nothing else. */
  <This, Fn extends Method<This, CustomInputs, Result>>(
    method: Fn,
    context: ClassMethodDecoratorContext<This, Fn> & PublicMember,
  ): void;
  /** On a plain function: enters it in the default registry and gives it back (B58). */
  <Fn extends PlainFunction>(fn: Fn, context?: undefined): Fn;
}

/** `@invoke()` for a method, `invoke()(fn)` for the default registry. */
export type InvokeDecorator<CustomInputs> = Decorator<
  CustomInputs,
  InvokeResult,
  InvokeFunction<CustomInputs>
>;

/** `@stream()` for a method, `stream()(fn)` for the default registry. */
export type StreamDecorator<CustomInputs> = Decorator<
  CustomInputs,
  StreamResult,
  StreamFunction<CustomInputs>
>;

/** Makes the decorator of a kind. The options are checked here, once. */
export function createDecorator(
  kind: HandlerKind,
  given: unknown,
): (fn: unknown, context?: unknown) => unknown {
  const options = resolveOptions(given);
  return (fn, context, ...rest: unknown[]) => {
    if (rest.length > 0 || typeof context === "string" || typeof context === "symbol") {
      throw new TypeError(
        `@${kind}() is a standard decorator: turn the compiler option experimentalDecorators off`,
      );
    }
    if (context === undefined) {
      const enter = defaultRegistry()[kind] as (options: unknown) => (entered: unknown) => unknown;
      return enter(given)(fn);
    }
    const member = checkedContext(kind, context);
    addMember(member.metadata, { kind, key: member.name, options });
    return undefined;
  };
}

function checkedContext(kind: HandlerKind, context: unknown): ClassMethodDecoratorContext {
  const member = context as ClassMethodDecoratorContext;
  if (typeof context !== "object" || context === null || typeof member.kind !== "string") {
    throw new TypeError(`${kind}()(…) takes one function`);
  }
  const name = String(member.name);
  if (member.kind !== "method") {
    throw new TypeError(`@${kind}() goes on a method; "${name}" is a ${String(member.kind)}`);
  }
  if (member.private) {
    throw new TypeError(`@${kind}() cannot go on the private member "${name}"`);
  }
  if (member.static) {
    throw new TypeError(`@${kind}() cannot go on the static member "${name}"`);
  }
  if (typeof member.metadata !== "object" || member.metadata === null) {
    throw new TypeError(
      `@${kind}() on "${name}" found no decorator metadata: use a compiler that has it, such as ` +
        `TypeScript 5.2 or esbuild 0.21`,
    );
  }
  return member;
}
