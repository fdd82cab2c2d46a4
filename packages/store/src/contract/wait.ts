/** How long a rule waits for what must happen, in milliseconds. */
const PATIENCE = 5_000;

/** How long a rule watches for what must not happen, in milliseconds. */
const WATCH = 25;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** The promise's value; throws when it takes too long. */
export async function soon<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what}: nothing within ${PATIENCE} ms`));
    }, PATIENCE);
  });
  try {
    return await Promise.race([promise, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until the answer is not undefined; throws when it takes too long. */
export async function until<Value>(
  ask: () => Value | undefined | Promise<Value | undefined>,
  what: string,
): Promise<Value> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(5);
  }
  throw new Error(`${what}: not within ${PATIENCE} ms`);
}

/** Whether the promise is still open after a short watch. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  const first = await Promise.race([promise, sleep(WATCH).then(() => pending)]);
  return first === pending;
}
