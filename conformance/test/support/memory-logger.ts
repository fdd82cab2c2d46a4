import { inspect } from "node:util";
import type { Logger, LogMethod } from "@wheelhouse/core";

/** One log line, as text: fields and message, with every error's cause and stack. */
export interface LogLine {
  level: keyof Logger;
  text: string;
}

/** A logger that keeps its lines. */
export function memoryLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Logger): LogMethod =>
    (...parts: unknown[]) => {
      lines.push({ level, text: parts.map((part) => inspect(part, { depth: 6 })).join(" ") });
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), lines };
}
