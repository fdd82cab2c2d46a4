import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Says once, in plain lines, why tests were skipped, and leaves the counts of the run as JSON in the
 * file that `WHEELHOUSE_TEST_COUNTS` names, from which scripts/run.mjs prints the closing line.
 */
export class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const { state } = test.result();
        counts[state === "passed" || state === "failed" ? state : "skipped"]++;
        const { skipReason } = test.meta() as { skipReason?: string };
        if (skipReason) reasons.set(skipReason, (reasons.get(skipReason) ?? 0) + 1);
      }
      // A file that could not be read has no test that could fail.
      if (tests === 0 && !module.ok()) counts.failed++;
    }
    for (const [reason, tests] of reasons) console.log(`Skipped (${tests}) ${reason}`);
    const file = process.env["WHEELHOUSE_TEST_COUNTS"];
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}
