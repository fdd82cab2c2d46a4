import type { Logger } from "@wheelhouse/core";
import type { Store } from "@wheelhouse/store";
import type { AgentDirectory } from "../agent-directory.js";
import type { Engine } from "../run/engine.js";
import { createConversations } from "../stored/conversations.js";
import { createHistory } from "../stored/history.js";
import { createIdempotency } from "../stored/idempotency.js";
import { createOverlap } from "../stored/overlap.js";
import { createResponseRecords } from "../stored/response-records.js";
import { createStepRecords } from "../stored/step-records.js";
import { createStoredRuns } from "../stored/stored-runs.js";
import { recoverAll } from "./recover-all.js";
import { recoverResponse } from "./recover-response.js";
import type { StoredResponses } from "./responses-context.js";
import { untilEnded } from "./retrieve-response.js";

/** What stored responses are made with. */
export interface StoredResponsesOptions {
  readonly store: Store;
  readonly engine: Engine;
  readonly agents: AgentDirectory;
  readonly logger: Logger;
  /** Milliseconds that responses and conversations are kept. */
  readonly retentionMs: number;
  /** Milliseconds without a sign of life after which a run's process counts as dead. */
  readonly leaseMs: number;
  /** Whose runs are taken over: those of servers with the same scope. */
  readonly scope: string;
}

/** Puts together what stores responses; `end` stops looking for runs to recover, `close` waits for the last writes. */
export function createStoredResponses(
  options: StoredResponsesOptions,
): StoredResponses & { end(): void; close(milliseconds: number): Promise<void> } {
  const { store, engine, agents, logger, retentionMs, leaseMs, scope } = options;
  const records = createResponseRecords(store, retentionMs);
  const steps = createStepRecords(store, retentionMs);
  const conversations = createConversations(store, retentionMs);
  const runs = createStoredRuns({ store, engine, records, steps, renewMs: leaseMs / 3 });
  const overlap = createOverlap(store, {
    async state(id) {
      const isActive = async (): Promise<boolean | undefined> => {
        const record = await records.find(id);
        return record && record.value.state === "active";
      };
      if ((await isActive()) === true) await stored.recover(id);
      const active = await isActive();
      return active === undefined ? "unknown" : active ? "running" : "ended";
    },
    stop: (id) => runs.stop(id, "superseded"),
    untilEnded: (id, client) => untilEnded(stored, id, client),
  });
  const recovering = new Map<string, Promise<void>>();
  const stored: StoredResponses = {
    store,
    records,
    runs,
    steps,
    conversations,
    overlap,
    leaseMs,
    scope,
    history: createHistory(records, conversations, retentionMs),
    idempotency: createIdempotency(store),
    recover(id) {
      // Several who ask at once are served by one look.
      let going = recovering.get(id);
      if (going === undefined) {
        going = recoverResponse({ agents, engine, logger, stored }, stored, id).finally(() =>
          recovering.delete(id),
        );
        recovering.set(id, going);
      }
      return going;
    },
  };
  const end = recoverAll(stored, logger);
  return { ...stored, end, close: (milliseconds) => runs.close(milliseconds) };
}
