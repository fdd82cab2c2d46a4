const SECRET_NAMES = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "x-forwarded-access-token",
];
const SECRET_KEYS = new Set(SECRET_NAMES);

/**
 * A header in running text, as upstream errors and debug output write it. A value in quotes, be they escaped as
 * in JSON within JSON, ends with them; any other one with its line, since cookies and digests have quotes inside.
 * A list of headers has a comma between name and value.
 */
const SECRET_TEXT = new RegExp(
  `\\b(${SECRET_NAMES.join("|")})` +
    `(\\\\*["'\`]?\\s*[:=]\\s*|\\\\*["'\`]\\s*,\\s*)` +
    `(?:(?<escape>\\\\*)(?<quote>["'\`])(?:(?!(?<!\\\\)\\k<escape>\\k<quote>)[^\\n])*(?:\\k<escape>\\k<quote>)?|[^\\n]+)`,
  "gi",
);
const BEARER = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;

/** What stands in the place of a credential. */
export const REDACTED = "[redacted]";

/** Whether a field of that name holds a credential, in whatever case (B228). */
export function isSecretName(name: string): boolean {
  return SECRET_KEYS.has(name.toLowerCase());
}

/** A text without the values of the credentials that headers carry (B228). Takes time with the text: bound it first. */
export function redactSecrets(text: string): string {
  return text
    .replace(SECRET_TEXT, (_, name: string, gap: string) => `${name}${gap}${REDACTED}`)
    .replace(BEARER, (_, scheme: string) => `${scheme} ${REDACTED}`);
}
