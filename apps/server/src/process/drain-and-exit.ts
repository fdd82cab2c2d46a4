import type { Logger } from "@wheelhouse/core";
import type { RunningServer } from "../serve.js";

/** After the grace, for what the server itself has to end. */
const MARGIN_MS = 1_000;

/** Closes the server within the grace and ends the process, with `code` unless that failed (B55). */
export async function drainAndExit(
  server: RunningServer | undefined,
  graceMs: number,
  logger: Logger,
  code = 0,
): Promise<never> {
  setTimeout(() => {
    logger.error(`The server did not close within ${graceMs} ms: the process ends`);
    process.exit(1);
  }, graceMs + MARGIN_MS);
  try {
    await server?.close({ graceMs });
  } catch (err) {
    logger.error({ err }, "The server did not close cleanly");
    process.exit(1);
  }
  process.exit(code);
}
