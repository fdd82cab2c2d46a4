import type { Logger, LogMethod } from "@wheelhouse/core";
import { redact, redactText } from "./redact.js";

/** How {@link lineLogger} writes. */
export interface LineLoggerOptions {
  /** Takes one line with its line feed. Default: standard error. */
  readonly write?: (line: string) => void;
  /** One JSON object a line. Default false. */
  readonly json?: boolean;
  /** ANSI colours in the human form. Default false. */
  readonly colour?: boolean;
}

type Level = keyof Logger;

const COLOURS: Readonly<Record<Level, string>> = {
  debug: "\u001b[2m",
  info: "\u001b[36m",
  warn: "\u001b[33m",
  error: "\u001b[31m",
};

/** A small logger: a time, a level, the message and its fields, without credentials (B228). `debug` is dropped. */
export function lineLogger(options: LineLoggerOptions = {}): Logger {
  const { json = false, colour = false } = options;
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const format = json ? jsonLine : (level: Level, entry: Entry) => humanLine(level, entry, colour);
  const method =
    (level: Level): LogMethod =>
    (first: string | Readonly<Record<string, unknown>>, message?: string) => {
      const entry =
        typeof first === "string" ? { message: first, fields: {} } : { message, fields: first };
      write(format(level, entry));
    };
  return { debug: () => {}, info: method("info"), warn: method("warn"), error: method("error") };
}

interface Entry {
  readonly message: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

function jsonLine(level: Level, { message, fields }: Entry): string {
  const own = {
    time: new Date().toISOString(),
    level,
    ...(message && { message: redactText(message) }),
  };
  return `${JSON.stringify({ ...(redact(fields) as object), ...own })}\n`;
}

function humanLine(level: Level, { message, fields }: Entry, colour: boolean): string {
  const time = new Date().toISOString().slice(11, 23);
  const label = level.toUpperCase().padEnd(5);
  const head = [time, colour ? `${COLOURS[level]}${label}\u001b[0m` : label];
  if (message !== undefined) head.push(oneLine(redactText(message)));
  const stacks: string[] = [];
  for (const [key, value] of Object.entries(redact(fields) as Record<string, unknown>)) {
    if (value === undefined) continue;
    const stack = stackOf(value);
    if (stack === undefined) head.push(`${key}=${inline(value)}`);
    else stacks.push(stack);
  }
  return [head.join(" "), ...stacks.map((stack) => indent(stack))].join("\n") + "\n";
}

function inline(value: unknown): string {
  if (typeof value === "string" && /^[\w.:/@+-]+$/.test(value)) return value;
  return oneLine(JSON.stringify(value) ?? String(value));
}

/** The stack of an error that {@link redact} made plain, followed by those of its causes. */
function stackOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("stack" in value) || typeof value.stack !== "string") return undefined;
  const cause = "cause" in value ? value.cause : undefined;
  if (cause === undefined) return value.stack;
  return `${value.stack}\nCaused by: ${stackOf(cause) ?? inline(cause)}`;
}

/** What a client wrote may be in a message: it must neither start a line of its own nor steer the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/^[\u007f-\u009f\u2028\u2029]$/, escapeCode),
  );
}

function indent(stack: string): string {
  return stack
    .split("\n")
    .map((line) => `    ${oneLine(line.replaceAll("\t", "  "))}`)
    .join("\n");
}

function escapeCode(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
}
