import { availableParallelism, cpus } from "node:os";
import type { TargetResult } from "./run-case.js";
import type { Spread } from "./statistics.js";

/** What was measured on. */
export function machine(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  return `Node.js ${process.version} (V8 ${process.versions.v8}), ${availableParallelism()} x ${model}`;
}

/** The load averages of the last minute, before and after. */
export function formatLoad(before: readonly number[], after: readonly number[]): string {
  return `Load average (1 min) ${before[0]!.toFixed(2)} before, ${after[0]!.toFixed(2)} after.`;
}

/** A case as a table: medians over the rounds, ratios to the first target as median (least to greatest). */
export function formatCase(name: string, unit: string, targets: readonly TargetResult[]): string {
  const rows = targets.map((target) => [
    target.name,
    short(target.value.median),
    ratio(target.valueRatio),
    short(target.cpuUs.median),
    ratio(target.cpuRatio),
    `${Math.round(target.generatorShare.median * 100)} %`,
  ]);
  const table = [[name, unit, "ratio", "CPU us each", "ratio", "generator"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join("  "),
  );
  return `${lines.join("\n")}\n`;
}

const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

const ratio = ({ median, min, max }: Spread): string =>
  `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
