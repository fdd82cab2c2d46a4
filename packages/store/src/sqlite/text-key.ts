/** Begins the form of a key that SQLite's text cannot hold as it is, and of a key that begins so itself. */
const ESCAPE = "\u0001";

/** A key as SQLite can hold it: UTF-8 has no lone surrogates, and C strings no NUL. Different keys stay different. */
export function toTextKey(key: string): string {
  const isPlain = key.isWellFormed() && !key.includes("\0") && !key.startsWith(ESCAPE);
  return isPlain ? key : ESCAPE + JSON.stringify(key);
}

/** The key that {@link toTextKey} was given. */
export function fromTextKey(text: string): string {
  return text.startsWith(ESCAPE) ? (JSON.parse(text.slice(ESCAPE.length)) as string) : text;
}

/** {@link toTextKey} for an owner, who may be nobody. */
export function toTextOwner(owner: string | null): string | null {
  return owner === null ? null : toTextKey(owner);
}

/** {@link fromTextKey} for an owner, who may be nobody. */
export function fromTextOwner(text: string | null): string | null {
  return text === null ? null : fromTextKey(text);
}
