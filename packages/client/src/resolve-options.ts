import type { ClientOptions, Fetch, ResumeOptions, Settings } from "./options.js";

/** The longest that setTimeout can wait; a longer one would fire at once. */
const MAX_MS = 2_147_483_647;

/** Checks the options and fills in the defaults. Throws a TypeError that names the option. */
export function resolveOptions(options: ClientOptions): Settings {
  if (typeof options !== "object" || options === null)
    throw new TypeError('createClient takes an object: createClient({ baseUrl: "http://…" })');
  const { apiKey, headers = {} } = options;
  if (apiKey !== undefined && (typeof apiKey !== "string" || apiKey === ""))
    throw new TypeError("apiKey: expected a string that is not empty; leave it out for none");
  if (typeof headers !== "function" && (typeof headers !== "object" || headers === null))
    throw new TypeError("headers: expected an object or a function that gives one");
  return {
    baseUrl: baseUrlOf(options.baseUrl),
    apiKey,
    headers,
    fetch: fetchOf(options.fetch),
    maxRetries: checkCount("maxRetries", options.maxRetries, 0) ?? 2,
    retryDelayMs: checkCount("retryDelayMs", options.retryDelayMs, 0) ?? 500,
    maxRetryDelayMs: checkCount("maxRetryDelayMs", options.maxRetryDelayMs, 0) ?? 8_000,
    maxRetryAfterMs: checkCount("maxRetryAfterMs", options.maxRetryAfterMs, 0) ?? 60_000,
    timeoutMs: checkCount("timeoutMs", options.timeoutMs, 1) ?? 600_000,
    idleMs: checkCount("idleMs", options.idleMs, 1) ?? 60_000,
    resume: resolveResume(options.resume),
    maxBodyLength: checkCount("maxBodyLength", options.maxBodyLength, 1) ?? 64 * 1024 * 1024,
  };
}

/** Resolves the `resume` option of a client or of one stream. */
export function resolveResume(
  resume: false | ResumeOptions | undefined,
  base: Settings["resume"] = false,
): Settings["resume"] {
  if (resume === false) return false;
  if (resume !== undefined && (typeof resume !== "object" || resume === null))
    throw new TypeError("resume: expected false or { maxAttempts?, graceMs? }");
  const defaults = base === false ? { maxAttempts: 8, graceMs: 30_000 } : base;
  return {
    maxAttempts: checkCount("resume.maxAttempts", resume?.maxAttempts, 1) ?? defaults.maxAttempts,
    graceMs: checkCount("resume.graceMs", resume?.graceMs, 0) ?? defaults.graceMs,
  };
}

/** A whole number in its range, or undefined. Throws a TypeError that names the option. */
export function checkCount(
  name: string,
  value: number | undefined,
  least: number,
): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < least || value > MAX_MS)
    throw new TypeError(`${name}: expected a whole number from ${least} to ${MAX_MS}`);
  return value;
}

function fetchOf(given: Fetch | undefined): Fetch {
  if (given !== undefined && typeof given !== "function")
    throw new TypeError("fetch: expected a function like the global fetch");
  // Looked up for each call, so that a page or test that replaces the global one is heard; called as a
  // function of the global object, which browsers insist on.
  return given ?? ((url, init) => globalThis.fetch(url, init));
}

function baseUrlOf(given: string | URL): string {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  let url: URL;
  try {
    url = new URL(String(given), page);
  } catch {
    throw new TypeError(
      "baseUrl: expected an absolute URL such as http://127.0.0.1:8000 (a path is enough in a page)",
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new TypeError("baseUrl: expected http: or https:");
  if (url.username !== "" || url.password !== "")
    throw new TypeError("baseUrl: fetch takes no user name or password in a URL; use headers");
  if (url.search !== "" || url.hash !== "")
    throw new TypeError("baseUrl: expected no query and no fragment");
  return url.origin + url.pathname.replace(/\/+$/, "");
}
