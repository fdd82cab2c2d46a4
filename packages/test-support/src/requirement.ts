/** What a test may need from the machine. `WHEELHOUSE_REQUIRE` lists, comma-separated, those that must be there. */
export type RequirementName = "services" | "browser" | "cli" | "mlflow";

/** A program that was found, or what is missing and how to get it. */
export type Found = { readonly path: string } | { readonly missing: string };

/** What {@link requirement} found out. */
export interface Requirement {
  readonly available: boolean;
  /** Why tests are skipped; undefined when nothing is missing. */
  readonly skipReason: string | undefined;
  /**
   * Options for `describe` or `test`: run, or skipped with `meta.skipReason`, which the reporter of
   * the run prints once.
   */
  readonly options: { readonly skip: boolean; readonly meta: object };
}

/**
 * Asks whether the machine has what the tests of a file need. Call it at the top of the file and give
 * its `options` to `describe`. Throws, which fails the file, when it is missing and
 * `WHEELHOUSE_REQUIRE` lists `name`: on such a machine a silent skip would be a lie.
 */
export function requirement(
  name: RequirementName,
  probe: () => Found,
  env: NodeJS.ProcessEnv = process.env,
): Requirement {
  const found = probe();
  if ("path" in found) {
    return { available: true, skipReason: undefined, options: { skip: false, meta: {} } };
  }
  const required = (env["WHEELHOUSE_REQUIRE"] ?? "").split(",").map((word) => word.trim());
  if (required.includes(name)) {
    throw new Error(`${found.missing} (WHEELHOUSE_REQUIRE lists ${name})`);
  }
  const skipReason = `${name}: ${found.missing}`;
  return { available: false, skipReason, options: { skip: true, meta: { skipReason } } };
}
