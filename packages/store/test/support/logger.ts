import type { Logger } from "@wheelhouse/core";

/** A logger that keeps what it is told. */
export function keepingLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const line = (...args: unknown[]): void => void lines.push(String(args.at(-1)));
  return { lines, logger: { debug: line, info: line, warn: line, error: line } };
}
