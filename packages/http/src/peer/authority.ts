/** A host with an optional port, as a Host or Origin header has it. */
export interface Authority {
  /** Lower case, without a final dot; IPv6 keeps its brackets. */
  readonly name: string;
  /** "" without one. */
  readonly port: string;
}

const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]+)(?::(\d{1,5}))?$/;

/** Longest text that is kept: a name in DNS, brackets and a port. */
const MAX_KEPT = 264;

let lastText = "";
let lastAuthority: Authority | undefined;

/**
 * Parses `host[:port]`, RFC 9110 section 7.2; undefined for anything else, userinfo included. The last
 * answer is kept: nearly every request of a server has the same Host, which spares them the pattern.
 */
export function parseAuthority(text: string): Authority | undefined {
  if (text === lastText) return lastAuthority;
  const authority = parse(text);
  if (text.length <= MAX_KEPT) {
    lastText = text;
    lastAuthority = authority;
  }
  return authority;
}

function parse(text: string): Authority | undefined {
  const match = AUTHORITY.exec(text.toLowerCase());
  if (match === null) return undefined;
  const port = match[2] ?? "";
  if (port !== "" && Number(port) > 65_535) return undefined;
  const name = match[1]!.endsWith(".") ? match[1]!.slice(0, -1) : match[1]!;
  return name === "" ? undefined : { name, port };
}
