import { AppError } from "@wheelhouse/core";
import type { RoutePolicy } from "../route.js";
import type { Verdict } from "./verdict.js";

/** What the content type guard goes by. */
export interface ContentFacts {
  readonly hasBody: boolean;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;

/**
 * Fifth guard. Own routes take JSON only: a page of another site cannot send that without asking first.
 * The agent's routes do not look at the type (B8). No route takes a compressed body: its size is unknown.
 */
export function guardContentType(policy: RoutePolicy, facts: ContentFacts): Verdict {
  if (!facts.hasBody) return undefined;
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
