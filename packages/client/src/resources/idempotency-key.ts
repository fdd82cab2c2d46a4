import { randomHex } from "@wheelhouse/core";

/** A random UUID, version 4. crypto.randomUUID is missing in pages that came by plain http. */
export function createIdempotencyKey(): string {
  const hex = randomHex(16);
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join("-");
}
