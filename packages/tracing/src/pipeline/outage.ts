import type { Logger } from "@wheelhouse/core";
import { errorText } from "@wheelhouse/core";
import { redactText } from "../values/secret-patterns.js";

/** Tells the log once that something is down, and once that it works again (B65): not for every span. */
export class Outage {
  readonly #what: string;
  readonly #logger: Logger;
  #isDown = false;
  #lost = 0;

  constructor(what: string, logger: Logger) {
    this.#what = what;
    this.#logger = logger;
  }

  /** Spans lost since the last time it worked. */
  get lost(): number {
    return this.#lost;
  }

  failed(error: unknown, lost: number): void {
    this.#lost += lost;
    if (this.#isDown) return;
    this.#isDown = true;
    this.#tell(
      "warn",
      { reason: redactText(errorText(error)) },
      `${this.#what} fails; answers go on.`,
    );
  }

  worked(): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    const lost = this.#lost;
    this.#lost = 0;
    this.#tell("info", { lost_spans: lost }, `${this.#what} works again.`);
  }

  #tell(level: "warn" | "info", fields: Readonly<Record<string, unknown>>, text: string): void {
    try {
      this.#logger[level](fields, text);
    } catch {
      // A logger that fails too is nobody's answer.
    }
  }
}
