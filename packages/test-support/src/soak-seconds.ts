/**
 * How long a soak or chaos test runs: `WHEELHOUSE_SOAK_SECONDS`, 30 where it is not set, which is what
 * `npm test` does. Throws when it is not a positive number.
 */
export function soakSeconds(env: NodeJS.ProcessEnv = process.env): number {
  const text = env["WHEELHOUSE_SOAK_SECONDS"] ?? "30";
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds <= 0) {
    throw new Error(`WHEELHOUSE_SOAK_SECONDS must be a positive number of seconds: ${text}`);
  }
  return seconds;
}
