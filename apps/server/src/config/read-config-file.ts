import { readFileSync, statSync } from "node:fs";
import { errorText } from "@wheelhouse/core";

/** A configuration file larger than this is not one. */
const LARGEST_FILE = 1024 ** 2;

/** A configuration file's keys, or why there are none. */
export type ConfigFile =
  | { readonly entries: Readonly<Record<string, unknown>> }
  | { readonly problem: string };

/** Reads a configuration file: a JSON object. Undefined when there is no such file. */
export function readConfigFile(path: string): ConfigFile | undefined {
  let text: string;
  try {
    const stats = statSync(path);
    // A shell's process substitution is a pipe; a device has no end.
    if (!stats.isFile() && !stats.isFIFO()) return { problem: "it is not a file" };
    const { size } = stats;
    if (size > LARGEST_FILE) return { problem: `found ${size} bytes, wanted at most 1 MiB` };
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    return { problem: `it cannot be read: ${errorText(error)}` };
  }
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { entries: value as Record<string, unknown> };
    }
    return { problem: "wanted a JSON object" };
  } catch (error) {
    return { problem: `it is not valid JSON: ${errorText(error)}` };
  }
}
