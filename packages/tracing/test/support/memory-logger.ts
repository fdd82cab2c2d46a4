import type { Logger, LogMethod } from "@wheelhouse/core";

/** A line of a {@link MemoryLogger}. */
export interface Line {
  readonly level: keyof Logger;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function memoryLogger(): Logger & { readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const method =
    (level: keyof Logger): LogMethod =>
    (first: Readonly<Record<string, unknown>> | string, message?: string) => {
      if (typeof first === "string") lines.push({ level, fields: {}, message: first });
      else lines.push({ level, fields: first, message: message ?? "" });
    };
  return {
    lines,
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
  };
}
