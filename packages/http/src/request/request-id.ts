import { createId } from "@wheelhouse/core";

const ACCEPTED = /^[\w.-]{1,128}$/;

/** The caller's `x-request-id` where it is harmless in a log line, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === "string" && ACCEPTED.test(header) ? header : createId("req");
}
