import type { InvokeDecorator } from "./decorate/decorator.js";
import type { InvokeFunction, NotExotic } from "./define/agent-function.js";
import { defineHandler } from "./define/define-handler.js";
import type { Handler } from "./define/handler.js";
import type { AnyCustomInputs, HandlerOptions } from "./define/handler-options.js";

/** Makes an agent of a function that answers at once. */
export function invoke(fn: InvokeFunction): Handler<"invoke", AnyCustomInputs>;
/** Makes an agent of a function that answers at once; `custom_inputs` has the schema's type. */
export function invoke<CustomInputs = AnyCustomInputs>(
  options: HandlerOptions<CustomInputs> & NotExotic,
  fn: InvokeFunction<NoInfer<CustomInputs>>,
): Handler<"invoke", CustomInputs>;
/** Gives a decorator for a method, and for a plain function the way into the default registry. */
export function invoke<CustomInputs = AnyCustomInputs>(
  options?: HandlerOptions<CustomInputs> & NotExotic,
): InvokeDecorator<CustomInputs>;
export function invoke(...args: unknown[]): unknown {
  return defineHandler("invoke", args);
}
