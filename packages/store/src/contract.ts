// This file is the whole public surface of @wheelhouse/store/contract.
import { cancelRules } from "./contract/cancel-rules.js";
import { listRules } from "./contract/list-rules.js";
import { logRules } from "./contract/log-rules.js";
import { queueRules } from "./contract/queue-rules.js";
import { recordRules } from "./contract/record-rules.js";
import type { StoreRule } from "./contract/rule.js";
import { signalRules } from "./contract/signal-rules.js";
import { tailRules } from "./contract/tail-rules.js";

export type { StoreFixture, StoreRule } from "./contract/rule.js";

/**
 * The rules that every driver of the store's ports must keep, for any test runner: run each with a function
 * that makes an empty store. A rule that does not hold throws an `Error` that says what.
 */
export const storeContract: readonly StoreRule[] = [
  ...logRules,
  ...cancelRules,
  ...tailRules,
  ...recordRules,
  ...listRules,
  ...queueRules,
  ...signalRules,
];
