/** One request of the API, before it is sent. */
export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the base URL; its parts are encoded. */
  readonly path: string;
  /** True for what servers do not have below `/v1`: the base URL's own `/v1` is left out. */
  readonly aboveV1?: boolean | undefined;
  readonly query?: readonly (readonly [name: string, value: string])[] | undefined;
  /** JSON text: the same for every attempt, which an idempotency key asks for. */
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether it may be sent again once it may have reached the server. */
  readonly repeatable: boolean;
  readonly accept: "application/json" | "text/event-stream";
}

/** A path with its parts encoded: `path("responses", id)`. Throws a TypeError for an empty part. */
export function path(...parts: readonly string[]): string {
  return parts
    .map((part) => {
      // "." and ".." would be taken as steps of the path.
      if (typeof part !== "string" || part === "" || part === "." || part === "..")
        throw new TypeError(`An id is missing in ${parts.join("/")}: expected a string`);
      return `/${encodeURIComponent(part)}`;
    })
    .join("");
}

/** How a call is named in errors. */
export const nameOf = ({ method, path: at }: Call): string => `${method} ${at}`;
