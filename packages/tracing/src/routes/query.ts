import { AppError } from "@wheelhouse/core";

/** The `limit` of a list: 1 to 1,000; 50 without one. */
export function limitOf(query: URLSearchParams): number {
  const text = query.get("limit");
  if (text === null) return 50;
  const limit = Number(text);
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= 1_000) return limit;
  throw new AppError("invalid_request", {
    message: "limit must be a whole number from 1 to 1,000.",
    param: "limit",
  });
}
