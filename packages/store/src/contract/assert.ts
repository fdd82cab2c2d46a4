/** Throws unless the condition holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Throws unless two JSON-like values are the same; a property that is undefined counts as absent. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (isSame(actual, expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Throws unless the action throws, now or later, what the predicate takes. */
export async function rejects(
  action: () => unknown,
  isExpected: (error: unknown) => boolean,
  what: string,
): Promise<void> {
  let given: unknown;
  try {
    given = await action();
  } catch (error) {
    if (isExpected(error)) return;
    throw new Error(`${what}: threw something else`, { cause: error });
  }
  throw new Error(`${what}: did not throw but gave ${show(given)}`);
}

export const isRangeError = (error: unknown): boolean => error instanceof RangeError;

export const isTypeError = (error: unknown): boolean => error instanceof TypeError;

function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object") return false;
  if (one === null || other === null || Array.isArray(one) !== Array.isArray(other)) return false;
  const ones = one as Record<string, unknown>;
  const others = other as Record<string, unknown>;
  const keys = new Set([...Object.keys(ones), ...Object.keys(others)]);
  return [...keys].every((key) => isSame(ones[key], others[key]));
}

function show(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
