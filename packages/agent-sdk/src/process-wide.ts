/**
 * The one value of a name in this thread, whichever installed copy of the package asks first. Keeps the
 * default registry and the request context shared between copies.
 */
export function processWide<Value>(name: string, create: () => Value): Value {
  const key = Symbol.for(`wheelhouse.agent-sdk.${name}`);
  const globals = globalThis as unknown as Record<symbol, Value | undefined>;
  return (globals[key] ??= create());
}
