#!/usr/bin/env node
import { CommanderError } from "commander";
import { createProgram } from "./commands/create-program.js";

/** Wrong usage or configuration, as shells have it. */
const USAGE = 2;

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.code === "commander.help" && error.exitCode !== 0) {
    process.stderr.write(
      "error: say what to do: wheelhouse dev [module] or wheelhouse start [module]\n",
    );
  }
  process.exitCode = error.exitCode === 0 ? 0 : USAGE;
}
