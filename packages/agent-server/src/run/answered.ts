/** Milliseconds a store has to answer: every wait ends. */
export const STORE_MS = 30_000;

/** A store's answer, or a rejection when it takes too long. */
export async function answered<Value>(answer: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`The store has not answered within ${STORE_MS} ms.`)),
    STORE_MS,
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
