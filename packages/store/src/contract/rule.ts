import type { Store } from "../ports/store.js";

/** A store to try a rule on, empty and its own. */
export interface StoreFixture {
  readonly store: Store;
  /** Lets go of everything the fixture holds; called once, after the rule. */
  cleanup(): Promise<void>;
  /**
   * Opens the same data again once the store was closed, as a restart does. Left out by drivers that keep
   * nothing: the rules about a restart then hold by themselves.
   */
  reopen?(): Promise<Store>;
}

/** One rule that every driver must keep. `run` throws an `Error` that says what does not hold. */
export interface StoreRule {
  readonly id: string;
  readonly title: string;
  run(make: () => Promise<StoreFixture>): Promise<void>;
}

/** What a rule works with. */
export interface RuleContext {
  readonly store: Store;
  /** Aborted once the rule is over, so that no tail outlives it. */
  readonly signal: AbortSignal;
  readonly reopen: (() => Promise<Store>) | undefined;
}

/** A rule that gets a store of its own and leaves nothing behind. */
export function rule(
  id: string,
  title: string,
  body: (context: RuleContext) => Promise<void>,
): StoreRule {
  return {
    id,
    title,
    async run(make) {
      const fixture = await make();
      const over = new AbortController();
      try {
        await body({
          store: fixture.store,
          signal: over.signal,
          reopen: fixture.reopen?.bind(fixture),
        });
      } finally {
        over.abort();
        await fixture.cleanup();
      }
    },
  };
}

/** A rule about what outlives a restart: `before` writes, the store is closed and opened, `after` looks. */
export function restartRule<Kept>(
  id: string,
  title: string,
  before: (context: RuleContext) => Promise<Kept>,
  after: (context: RuleContext, kept: Kept) => Promise<void>,
): StoreRule {
  return rule(id, title, async (context) => {
    const { store, reopen } = context;
    if (reopen === undefined) return;
    const kept = await before(context);
    await store.close();
    const again = await reopen();
    try {
      await after({ ...context, store: again }, kept);
    } finally {
      await again.close();
    }
  });
}
