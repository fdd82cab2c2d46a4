import type { z } from "zod";

/** The first thing wrong with a request, in words a client's author can act on. */
export interface IssueExplanation {
  /** The field as a path: `input[0].role`; null when the body itself is wrong. */
  param: string | null;
  message: string;
}

/** Characters of one key that a path shows: a client may send a key of megabytes. */
const KEY_LENGTH = 100;

/** `["input", 0, "role"]` as `input[0].role`; a key over 100 characters is cut. */
export function issuePath(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) =>
      typeof key === "number" ? `[${key}]` : at === 0 ? shortKey(key) : `.${shortKey(key)}`,
    )
    .join("");
}

function shortKey(key: PropertyKey): string {
  const text = String(key);
  return text.length > KEY_LENGTH ? `${text.slice(0, KEY_LENGTH)}…` : text;
}

/**
 * Names the field at fault, what was found there and what is wanted. Where a union failed, the branch
 * that came furthest speaks: it is the one the client meant.
 */
export function explainIssues(error: z.core.$ZodError): IssueExplanation {
  const { path, message } = deepest(error.issues, []);
  const param = issuePath(path);
  return {
    param: param === "" ? null : param,
    message: param === "" ? message : `${param}: ${message}`,
  };
}

function deepest(
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[],
): { path: PropertyKey[]; message: string } {
  const first = issues[0];
  if (first === undefined) return { path: [...base], message: "Invalid input" };
  const path = [...base, ...first.path];
  if (first.code === "invalid_union" && first.errors.length > 0) {
    const branches = first.errors.map((branch) => deepest(branch, path));
    const furthest = branches.reduce((a, b) => (b.path.length > a.path.length ? b : a));
    if (furthest.path.length > path.length) return furthest;
    return { path, message: [...new Set(branches.map((branch) => branch.message))].join(", or ") };
  }
  if (first.code === "invalid_key") {
    // Zod's own message says only that the key is invalid; the issue inside says why.
    return { path, message: `Invalid key: ${deepest(first.issues, []).message}` };
  }
  return { path, message: first.message };
}
