import type { OutputItem, UnsequencedEvent } from "@wheelhouse/core";
import type { OutputBudget } from "../output-budget.js";

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
  /**
   * As much of a piece of output as `max_output_tokens` leaves room for. Less than the whole piece means
   * that the answer ends here, incomplete.
   */
  spend(text: string): string;
  /** Whether a piece was cut: what is open is not whole. */
  isSpent(): boolean;
}

/** What an earlier attempt of the run left behind. */
export interface ScopeStart {
  /** Output indexes that were given out. */
  readonly claimed: number;
  /** Item ids that were used. */
  readonly ids: Iterable<string>;
  /** Finished items that stay in the output. */
  readonly items: readonly OutputItem[];
}

/** How a scope gives out ids and room. */
export interface ItemScopeOptions {
  readonly emit: (event: UnsequencedEvent) => void;
  /** Makes a new item id. */
  readonly newId: (prefix: string) => string;
  /** Limits the output; undefined for no limit. */
  readonly budget: OutputBudget | undefined;
  readonly start: ScopeStart | undefined;
}

/** A scope with what an earlier attempt left in it, and the output as far as it is finished. */
export function createItemScope({ emit, newId, budget, start }: ItemScopeOptions): {
  scope: ItemScope;
  output(): OutputItem[];
} {
  const kept = start?.items ?? [];
  const finished: (OutputItem | undefined)[] = [];
  const ids = new Set<string>(start?.ids);
  let claimed = start?.claimed ?? 0;
  const first = claimed;
  const scope: ItemScope = {
    emit,
    claimIndex: () => claimed++,
    finish(outputIndex, item) {
      finished[outputIndex - first] = item;
    },
    claimId(prefix, wanted) {
      const id =
        typeof wanted === "string" && wanted !== "" && !ids.has(wanted) ? wanted : newId(prefix);
      ids.add(id);
      return id;
    },
    spend: (text) => (budget === undefined ? text : budget.spend(text)),
    isSpent: () => budget?.isSpent === true,
  };
  return {
    scope,
    output: () => [...kept, ...finished.filter((item) => item !== undefined)],
  };
}
