import type { Logger } from "@wheelhouse/core";
import type { RunningServer } from "../serve.js";

/** After the grace, for what the server itself has to end. */
const MARGIN_MS = 1_000;

const NOTHING = { end: () => Promise.resolve(), milliseconds: 0 };

/** Closes the server within the grace and ends the process, with `code` unless that failed (B55). */
export async function drainAndExit(
  server: RunningServer | undefined,
  graceMs: number,
  logger: Logger,
  code = 0,
  /** What else has to end, once the server has, and the milliseconds that this may take. */
  others: { readonly end: () => Promise<void>; readonly milliseconds: number } = NOTHING,
): Promise<never> {
  setTimeout(
    () => {
      logger.error(`The server did not close within ${graceMs} ms: the process ends`);
      process.exit(1);
    },
    graceMs + MARGIN_MS + others.milliseconds,
  );
  try {
    await server?.close({ graceMs });
    await others.end();
  } catch (err) {
    logger.error({ err }, "The server did not close cleanly");
    process.exit(1);
  }
  process.exit(code);
}
