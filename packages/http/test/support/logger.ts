import type { Logger } from "@wheelhouse/core";

export interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function createTestLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (fields: Readonly<Record<string, unknown>> | string, message?: string): void => {
      if (typeof fields === "string") lines.push({ level, fields: {}, message: fields });
      else lines.push({ level, fields, message: message ?? "" });
    };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
