import { InvalidResponseError } from "../errors/invalid-response-error.js";
import type { RequestOptions, Settings } from "../options.js";
import { checkCount } from "../resolve-options.js";
import { type Call, nameOf } from "./call.js";
import { exchange } from "./exchange.js";
import { readText } from "./read-text.js";
import { retryDelay } from "./retry-delay.js";
import { sleep } from "./sleep.js";
import { withTimeLimit } from "./with-time-limit.js";

/** Sends a call, again where that is safe and may help, and gives its JSON answer. */
export async function requestJson<Answer>(
  settings: Settings,
  call: Call,
  options: RequestOptions = {},
): Promise<Answer> {
  const ms = checkCount("timeoutMs", options.timeoutMs, 1) ?? settings.timeoutMs;
  const retries = checkCount("maxRetries", options.maxRetries, 0) ?? settings.maxRetries;
  const sent = { ...call, headers: { ...options.headers, ...call.headers } };
  const message = (): string =>
    `${nameOf(call)} took more than ${ms} ms with its retries: raise timeoutMs.`;
  return withTimeLimit({ ms, signal: options.signal, message }, async (signal) => {
    for (let failures = 0; ; failures++) {
      try {
        return await attempt<Answer>(settings, sent, signal);
      } catch (error) {
        signal.throwIfAborted();
        const delay =
          failures < retries ? retryDelay(error, failures, call.repeatable, settings) : undefined;
        if (delay === undefined) throw error;
        await sleep(delay, signal);
      }
    }
  });
}

async function attempt<Answer>(
  settings: Settings,
  call: Call,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await exchange(settings, call, signal);
  const text = await readText(response, { signal, maxLength: settings.maxBodyLength });
  try {
    return JSON.parse(text) as Answer;
  } catch (error) {
    throw new InvalidResponseError(
      `${nameOf(call)} was answered with something that is not JSON: check that baseUrl is an agent server's.`,
      error,
    );
  }
}
