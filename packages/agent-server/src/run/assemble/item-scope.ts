import type { OutputItem, UnsequencedEvent } from "@wheelhouse/core";
import { createId } from "@wheelhouse/core";

/** What every open item shares: where its events go, its place in the output, its id. */
export interface ItemScope {
  emit(event: UnsequencedEvent): void;
  /** The next `output_index`; indexes are only ever appended. */
  claimIndex(): number;
  /** The item as it is in the final output. */
  finish(outputIndex: number, item: OutputItem): void;
  /**
   * The author's id where it is free in this response, else a new one: openai-node refuses an id that
   * two items share, and MLflow's converter gives a message and its calls the same one.
   */
  claimId(prefix: string, wanted: unknown): string;
}

/** A scope with nothing in it yet, and the output as far as it is finished. */
export function createItemScope(emit: (event: UnsequencedEvent) => void): {
  scope: ItemScope;
  output(): OutputItem[];
} {
  const finished: (OutputItem | undefined)[] = [];
  const ids = new Set<string>();
  let claimed = 0;
  const scope: ItemScope = {
    emit,
    claimIndex: () => claimed++,
    finish(outputIndex, item) {
      finished[outputIndex] = item;
    },
    claimId(prefix, wanted) {
      const id =
        typeof wanted === "string" && wanted !== "" && !ids.has(wanted) ? wanted : createId(prefix);
      ids.add(id);
      return id;
    },
  };
  return { scope, output: () => finished.filter((item) => item !== undefined) };
}
