import { readFileSync } from "node:fs";

/** A line that starts with a decorator. A false hit, in a template text say, only costs the loader's start-up. */
const DECORATOR_LINE = /^[\t ]*@[A-Za-z_$(]/m;

/**
 * Whether a module needs the TypeScript loader: one written in TypeScript or JSX, and JavaScript with
 * decorators, which Node does not parse yet. Other JavaScript goes without: the loader costs memory and time.
 */
export function needsTypescriptLoader(path: string): boolean {
  if (/\.(?:[cm]?ts|[tj]sx)$/.test(path)) return true;
  try {
    return DECORATOR_LINE.test(readFileSync(path, "utf8"));
  } catch {
    // The import of a file that cannot be read says why.
    return false;
  }
}

/** Whether this process was started with the loader, so that its worker threads have it too. */
export function hasTypescriptLoader(): boolean {
  const given = [...process.execArgv, ...(process.env["NODE_OPTIONS"] ?? "").split(/\s+/)];
  if (given.includes(loaderUrl())) return true;
  return given.some((argument) => /(?:^|[/\\=])tsx(?:[/\\@]|$)/.test(argument));
}

/**
 * Node's arguments for a process that runs the module. The loader comes as an argument, not by `register()`,
 * because worker threads inherit arguments only.
 */
export function execArgvFor(path: string): string[] {
  const own = process.execArgv;
  if (hasTypescriptLoader() || !needsTypescriptLoader(path)) return [...own];
  return [...own, "--import", loaderUrl()];
}

const loaderUrl = (): string => import.meta.resolve("tsx");
