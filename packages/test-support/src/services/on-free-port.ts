import { freePort } from "../free-port.js";

const ATTEMPTS = 3;

/**
 * Starts something that cannot choose a free port by itself. Between choosing one and using it another
 * process may take it: such a start is tried again, three times in all.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS || !/address already in use/i.test(String(error))) throw error;
    }
  }
}
