/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** The flag, variable or file and key at fault. */
  readonly source: string;
  /** What was found and what is wanted. */
  readonly problem: string;
}

/** Every problem of a configuration in one error; the command exits with code 2. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? "an error" : `${problems.length} errors`;
    const lines = problems.map(({ source, problem }) => `  ${source}: ${problem}`);
    super(`The configuration has ${count}:\n${lines.join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}
