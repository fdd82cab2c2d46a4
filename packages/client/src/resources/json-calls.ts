import type { Call } from "../http/call.js";
import { requestJson } from "../http/request-json.js";
import type { RequestOptions, Settings } from "../options.js";

/** The calls that send and get JSON; each path is below the base URL. */
export interface JsonCalls {
  get<Answer>(
    path: string,
    options?: RequestOptions,
    more?: Pick<Call, "query" | "aboveV1">,
  ): Promise<Answer>;
  delete<Answer>(path: string, options?: RequestOptions): Promise<Answer>;
  /** A POST that may be sent twice: it sets or counts something, and makes nothing new. */
  postAgain<Answer>(path: string, body: unknown, options?: RequestOptions): Promise<Answer>;
  /** A POST that is sent again only if it never reached a server. */
  postOnce<Answer>(path: string, body: unknown, options?: RequestOptions): Promise<Answer>;
}

export function jsonCalls(settings: Settings): JsonCalls {
  const accept = "application/json";
  const post =
    (repeatable: boolean) =>
    <Answer>(path: string, body: unknown, options?: RequestOptions) =>
      requestJson<Answer>(
        settings,
        { method: "POST", path, body: JSON.stringify(body), repeatable, accept },
        options,
      );
  return {
    get: (path, options, more) =>
      requestJson(settings, { method: "GET", path, ...more, repeatable: true, accept }, options),
    delete: (path, options) =>
      requestJson(settings, { method: "DELETE", path, repeatable: true, accept }, options),
    postAgain: post(true),
    postOnce: post(false),
  };
}
