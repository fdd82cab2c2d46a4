import type { Logger } from "@wheelhouse/core";
import type { AgentDirectory } from "../agent-directory.js";
import type { Engine } from "../run/engine.js";
import type { Conversations } from "../stored/conversations.js";
import type { History } from "../stored/history.js";
import type { Idempotency } from "../stored/idempotency.js";
import type { Overlap } from "../stored/overlap.js";
import type { ReadResponseParts } from "../stored/read-response.js";
import type { StepRecords } from "../stored/step-records.js";

/** What the server stores responses with. */
export interface StoredResponses extends ReadResponseParts {
  readonly conversations: Conversations;
  readonly history: History;
  readonly idempotency: Idempotency;
  readonly overlap: Overlap;
  readonly steps: StepRecords;
  /** Milliseconds without a sign of life after which a run's process counts as dead. */
  readonly leaseMs: number;
  /** Servers with the same one take over one another's runs. */
  readonly scope: string;
  /** Takes over a run whose process has died; does nothing for one that lives, or has ended. */
  readonly recover: (responseId: string) => Promise<void>;
}

/** What the routes of the Responses API share. */
export interface ResponsesContext {
  readonly agents: AgentDirectory;
  readonly engine: Engine;
  readonly logger: Logger;
  /** Undefined on a server that stores no responses. */
  readonly stored: StoredResponses | undefined;
}
