import type { IncomingMessage } from "node:http";

/** Every Host header that was sent: `headers.host` keeps only the first (RFC 9112 section 3.2). */
export function hostValues(request: IncomingMessage): string[] {
  const raw = request.rawHeaders;
  const hosts: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    if (name.length === 4 && name.toLowerCase() === "host") hosts.push(raw[index + 1]!);
  }
  return hosts;
}

/** A request's headers as a plain record: Node gives `set-cookie`, which no client sends, as a list. */
export function headerRecord(request: IncomingMessage): Readonly<Record<string, string>> {
  const { headers } = request;
  const cookies = headers["set-cookie"];
  if (cookies === undefined) return headers as Record<string, string>;
  return { ...(headers as Record<string, string>), "set-cookie": cookies.join(", ") };
}

/** A header's value when it was sent once or joined by Node. */
export function headerValue(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
