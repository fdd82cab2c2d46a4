import { type Client, type ClientOptions, createClient } from "../../src/index.js";
import type { ScriptedServer } from "./scripted-server.js";

/** A client that does not wait long. */
export const clientOf = (
  server: Pick<ScriptedServer, "url">,
  options: Partial<ClientOptions> = {},
): Client => createClient({ baseUrl: server.url, retryDelayMs: 1, maxRetryDelayMs: 5, ...options });

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

/** What a promise or an iteration rejects with. Fails where it does not. */
export async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("expected it to throw");
}
