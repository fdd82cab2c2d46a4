import { AppError } from "@wheelhouse/core";
import type { RoutePolicy } from "../route.js";
import type { Verdict } from "./verdict.js";

/** What the content type guard goes by. */
export interface ContentFacts {
  readonly hasBody: boolean;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly transferEncoding: string | undefined;
}

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;

/**
 * Fifth guard. Own routes take JSON only: a page of another site cannot send that without asking first.
 * The agent's routes do not look at the type (B8). No route takes a compressed body: its size is unknown.
 */
export function guardContentType(policy: RoutePolicy, facts: ContentFacts): Verdict {
  if (!facts.hasBody) return undefined;
  const coding = facts.transferEncoding?.trim().toLowerCase() ?? "chunked";
  if (coding !== "chunked") {
    // RFC 9112 section 6.1. Node takes off the chunks alone, so the body would be read in its coded form.
    const message = "Send the body with Content-Length or Transfer-Encoding: chunked alone.";
    return new AppError("not_implemented", { message });
  }
  const encoding = facts.contentEncoding?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") {
    return new AppError("unsupported_media_type", {
      message: "Compressed request bodies are not supported: send it without Content-Encoding.",
      headers: { "accept-encoding": "identity" },
    });
  }
  if (policy.surface !== "own" || JSON_TYPE.test(facts.contentType?.trim() ?? "")) return undefined;
  return new AppError("unsupported_media_type");
}
