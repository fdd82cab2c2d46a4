import { isUtf8 } from "node:buffer";
import { AppError } from "@wheelhouse/core";
import { checkJsonBounds } from "./json-bounds.js";
import { kindOf } from "../run/assemble/kind-of.js";

/**
 * A request body as a JSON object. Throws `invalid_json` (400) with MLflow's words for a body that is
 * not JSON (B9, B10) or not an object (B11).
 */
export function parseJsonObject(body: Uint8Array): Record<string, unknown> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!isUtf8(bytes)) throw invalid("the body is not UTF-8");
  checkJsonBounds(bytes);
  let value: unknown;
  try {
    // RFC 8259 section 8.1: a byte order mark may be ignored.
    value = JSON.parse(bytes.toString("utf8", hasByteOrderMark(bytes) ? 3 : 0));
  } catch (cause) {
    throw invalid(body.byteLength === 0 ? "the body is empty" : (cause as Error).message, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`expected an object, got ${kindOf(value)}`);
  return value as Record<string, unknown>;
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function invalid(reason: string, cause?: unknown): AppError {
  return new AppError("invalid_json", {
    message: `Invalid JSON in request body: ${reason}`,
    cause,
  });
}
