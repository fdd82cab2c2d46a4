import type { StreamDecorator } from "./decorate/decorator.js";
import type { NotExotic, StreamFunction } from "./define/agent-function.js";
import { defineHandler } from "./define/define-handler.js";
import type { Handler } from "./define/handler.js";
import type { AnyCustomInputs, HandlerOptions } from "./define/handler-options.js";

/** Makes an agent of a function that answers in pieces. */
export function stream(fn: StreamFunction): Handler<"stream", AnyCustomInputs>;
/** Makes an agent of a function that answers in pieces; `custom_inputs` has the schema's type. */
export function stream<CustomInputs = AnyCustomInputs>(
  options: HandlerOptions<CustomInputs> & NotExotic,
  fn: StreamFunction<NoInfer<CustomInputs>>,
): Handler<"stream", CustomInputs>;
/** Gives a decorator for a method, and for a plain function the way into the default registry. */
export function stream<CustomInputs = AnyCustomInputs>(
  options?: HandlerOptions<CustomInputs> & NotExotic,
): StreamDecorator<CustomInputs>;
export function stream(...args: unknown[]): unknown {
  return defineHandler("stream", args);
}
