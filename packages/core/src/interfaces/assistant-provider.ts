import type { AssistantEvent } from "../assistant/session-events.js";
import type { User } from "./user.js";

/** What a provider is asked to do. */
export interface AssistantTurn {
  readonly sessionId: string;
  readonly turnId: string;
  /** The person's words. */
  readonly prompt: string;
  /** The page's context, typed by the embedding app. */
  readonly context: Readonly<Record<string, unknown>>;
  /** The provider's own id of the conversation so far; undefined in the first turn. */
  readonly providerSessionId: string | undefined;
  /** The project's directory; undefined without one. */
  readonly cwd: string | undefined;
  readonly model: string | undefined;
  readonly user: User | null;
  /** Aborted by a cancel: the provider ends everything it started, then returns. */
  readonly signal: AbortSignal;
}

/** Whether a provider can work now. */
export type ProviderHealth =
  | { status: "ok" }
  | { status: "not_installed" | "not_authenticated" | "no_probe" | "error"; message: string };

/** A coding agent behind the assistant. Optional methods are abilities a provider may lack. */
export interface AssistantProvider {
  /** MLflow's name for it: `claude_code`. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** Cheap: no process, no network. */
  isAvailable(): boolean | Promise<boolean>;
  health?(signal: AbortSignal): Promise<ProviderHealth>;
  models?(signal: AbortSignal): Promise<string[]>;
  /** Runs one turn and yields what happens; ends when the turn has ended. */
  run(turn: AssistantTurn): AsyncIterable<AssistantEvent>;
  /** Ends what is kept between turns. */
  close?(): Promise<void>;
}
