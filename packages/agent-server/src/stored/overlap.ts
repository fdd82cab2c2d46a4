import { setTimeout as sleep } from "node:timers/promises";
import { type AbortNotice, AppError, type OverlapPolicy } from "@wheelhouse/core";
import { isVersionConflictError, type Store } from "@wheelhouse/store";
import { abortCodeOf } from "../run/abort-run.js";

/** Who holds a conversation. */
interface Holder {
  readonly response: string;
  /** Unix milliseconds. */
  readonly since: number;
}

/** What the lock needs to know of the run that holds it. */
export interface OverlapRuns {
  /** How far a run is; a crashed one's conversation is free, as if it had ended. */
  state(responseId: string): Promise<"running" | "ended" | "unknown">;
  /** Tells a run to make place. */
  stop(responseId: string): Promise<unknown>;
  /** Resolves when the run has ended, or the client leaves. */
  untilEnded(responseId: string, client: AbortNotice): Promise<void>;
}

/** How a run asks for a conversation. */
export interface OverlapRequest {
  readonly conversation: string;
  readonly response: string;
  readonly policy: OverlapPolicy;
  /** Runs that may wait for one conversation. */
  readonly maxQueued: number;
  readonly client: AbortNotice;
}

/** One run a conversation at a time. */
export interface Overlap {
  /** Throws `conversation_locked`, or `rate_limit_exceeded` when too many wait. Gives what lets go of it. */
  enter(request: OverlapRequest): Promise<() => Promise<void>>;
  /** Lets go of a conversation that this response holds; does nothing where it does not. */
  letGo(conversation: string, response: string): Promise<void>;
  /** The same for a previous response that is still being written. */
  settle(
    response: string,
    request: Omit<OverlapRequest, "conversation" | "response">,
  ): Promise<void>;
}

/** Milliseconds that a run may take from its lock to its record. */
const STARTING_MS = 10_000;
/** Milliseconds between two looks at a run that is starting. */
const LOOK_MS = 50;
/** How long a lock is kept that nobody lets go of. */
const TTL_MS = 86_400_000;

export function createOverlap(store: Store, runs: OverlapRuns): Overlap {
  const locks = store.records.collection<Holder>("conversation_locks");
  /** Runs of this process that wait for a conversation, first come first served. */
  const lines = new Map<string, { count: number; tail: Promise<void> }>();

  const wait = async (
    response: string,
    { policy, client }: Pick<OverlapRequest, "policy" | "client">,
  ): Promise<void> => {
    if (policy === "reject")
      throw new AppError("conversation_locked", {
        message: `Response ${response} is still under way: wait for its end, or cancel it.`,
        headers: { "retry-after": "1" },
      });
    if (policy === "interrupt") await runs.stop(response);
    if ((await runs.state(response)) === "unknown") await sleep(LOOK_MS);
    else await runs.untilEnded(response, client);
    throwIfGone(client);
  };

  /** Takes the lock, or gives who has it. */
  const take = async ({ conversation, response }: OverlapRequest): Promise<string | undefined> => {
    const mine: Holder = { response, since: Date.now() };
    for (;;) {
      const held = await locks.get(conversation);
      if (held !== undefined && (await isHeld(held.value))) return held.value.response;
      try {
        await locks.put(conversation, mine, { ifVersion: held?.version ?? 0, ttlMs: TTL_MS });
        return undefined;
      } catch (error) {
        // Somebody was faster: they hold it now.
        if (!isVersionConflictError(error)) throw error;
      }
    }
  };

  const isHeld = async ({ response, since }: Holder): Promise<boolean> => {
    const state = await runs.state(response);
    return state === "unknown" ? Date.now() - since < STARTING_MS : state === "running";
  };

  const acquire = async (request: OverlapRequest): Promise<void> => {
    for (;;) {
      throwIfGone(request.client);
      const holder = await take(request);
      if (holder === undefined) return;
      await wait(holder, request);
    }
  };

  const inLine = async (request: OverlapRequest): Promise<void> => {
    const { conversation, maxQueued } = request;
    const line = lines.get(conversation) ?? { count: 0, tail: Promise.resolve() };
    if (line.count > maxQueued)
      throw new AppError("rate_limit_exceeded", {
        message: `${line.count} requests wait for this conversation already.`,
        headers: { "retry-after": "1" },
      });
    line.count++;
    lines.set(conversation, line);
    const turn = line.tail.then(() => acquire(request));
    line.tail = turn.catch(() => {});
    try {
      await turn;
    } finally {
      if (--line.count === 0) lines.delete(conversation);
    }
  };

  const letGo: Overlap["letGo"] = async (conversation, response) => {
    const held = await locks.get(conversation);
    if (held?.value.response === response) await locks.delete(conversation);
  };

  return {
    async enter(request) {
      const { conversation, response } = request;
      if (request.policy === "reject") await acquire(request);
      else await inLine(request);
      return () => letGo(conversation, response);
    },
    letGo,
    async settle(response, request) {
      if ((await runs.state(response)) === "running") await wait(response, request);
    },
  };
}

/** A client that left has no more use for its turn. */
function throwIfGone(client: AbortNotice): void {
  if (client.aborted) throw new AppError(abortCodeOf(client.reason) ?? "client_disconnected");
}
