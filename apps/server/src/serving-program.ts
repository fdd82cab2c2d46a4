import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** The program of a serving process, beside this file in the sources as in what is published. */
export function servingProgram(): string {
  const own = fileURLToPath(import.meta.url);
  return fileURLToPath(new URL(`serving-process${extname(own)}`, import.meta.url));
}
