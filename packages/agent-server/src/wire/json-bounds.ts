import { AppError } from "@wheelhouse/core";

/** Levels of nesting a body may have: `JSON.stringify` and recursive authors run out of stack at some ten thousand. */
const MAX_DEPTH = 1_000;
/** Values a body may hold: 64 MiB of empty lists would take ten seconds and two gigabytes to parse. */
const MAX_VALUES = 2_000_000;
/** Bytes below which a body cannot hold enough of either to do harm. */
const SMALL_BODY = 4_096;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const ESCAPE = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Refuses a body that would hold the event loop for seconds, before it is parsed. Nearly every body is
 * let through by counting a few bytes natively; only one that has many brackets or commas, be it inside
 * strings, is looked at byte by byte. Throws `invalid_json`.
 */
export function checkJsonBounds(bytes: Buffer): void {
  if (bytes.length <= SMALL_BODY) return;
  const opened = count(bytes, OPEN_OBJECT, MAX_VALUES) + count(bytes, OPEN_LIST, MAX_VALUES);
  const mayBeLarge =
    bytes.length > MAX_VALUES && opened + count(bytes, COMMA, MAX_VALUES) > MAX_VALUES;
  if (opened > MAX_DEPTH || mayBeLarge) scan(bytes);
}

/** How often a byte occurs, at most `limit`. */
function count(bytes: Buffer, byte: number, limit: number): number {
  let found = 0;
  for (let at = bytes.indexOf(byte); at !== -1 && found < limit; at = bytes.indexOf(byte, at + 1))
    found++;
  return found;
}

function scan(bytes: Buffer): void {
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (inString) {
      if (byte === ESCAPE) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === COMMA) values++;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      if (++depth > MAX_DEPTH) throw tooMuch(`it is nested deeper than ${MAX_DEPTH} levels`);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    if (values > MAX_VALUES) throw tooMuch(`it holds more than ${MAX_VALUES} values`);
  }
}

function tooMuch(reason: string): AppError {
  return new AppError("invalid_json", { message: `Invalid JSON in request body: ${reason}` });
}
