import { isSecretName, REDACTED, redactSecrets } from "@wheelhouse/core";

/** Field names that hold a credential, beside the headers of B228; without case, dashes and underscores. */
const SECRET_FIELDS = new Set([
  "accesskey",
  "accesstoken",
  "apikey",
  "authtoken",
  "bearertoken",
  "clientsecret",
  "credentials",
  "password",
  "passwd",
  "privatekey",
  "refreshtoken",
  "secret",
  "secretkey",
  "sessiontoken",
]);

/** Tokens that say by themselves what they are: OpenAI, Anthropic, GitHub, GitLab, Databricks, Slack, AWS, JWT. */
const TOKENS =
  /\b(?:sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|dapi[0-9a-f]{32}|xox[abeprs]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)/g;

/** Cheap, and true for every text that {@link redactText} would change. */
const SUSPICIOUS =
  /authorization|cookie|api-key|access-token|bearer\s|basic\s|sk-|gh[pousr]_|github_pat|glpat-|dapi|xox[abeprs]-|AKIA|ASIA|eyJ/i;

/** Names already asked about: the same few come with every run. Names from outside could be endless. */
const known = new Map<string, boolean>();
const MAX_KNOWN = 2_000;
const MAX_KNOWN_LENGTH = 64;

/** Whether a field's value is left out of traces, by the field's name. */
export function isSecretField(name: string): boolean {
  const answer = known.get(name);
  if (answer !== undefined) return answer;
  const isSecret =
    isSecretName(name) || SECRET_FIELDS.has(name.replaceAll(/[-_\s]/g, "").toLowerCase());
  if (known.size < MAX_KNOWN && name.length <= MAX_KNOWN_LENGTH) known.set(name, isSecret);
  return isSecret;
}

/** Whether a text may hold a credential. */
export const isSuspicious = (text: string): boolean => SUSPICIOUS.test(text);

/** A text without the credentials in it. Takes time with the text: bound it first. */
export function redactText(text: string): string {
  if (!isSuspicious(text)) return text;
  return redactSecrets(text).replace(TOKENS, REDACTED);
}
