import { isAppError, LazyAbortController } from "@wheelhouse/core";
import type { OverlapRequest } from "../stored/overlap.js";
import type { Step } from "./create-call.js";
import type { StoredResponses } from "./responses-context.js";

/** Lets go of a conversation. */
export type LetGo = () => Promise<void>;

/** A conversation, or a previous response, that a run goes on with. */
export interface Entered {
  /** Undefined where there is nothing to let go of. */
  readonly letGo: LetGo | undefined;
  /** Undefined where the run may start now; else what it waits for. Only for background runs. */
  readonly waits: Promise<LetGo | undefined> | undefined;
}

/**
 * Makes sure that nobody else is writing to what the request goes on with, as the agent's overlap policy
 * says. A background run does not hold its answer up for it. Throws `conversation_locked` (409).
 */
export async function enterOverlap(
  step: Step,
  stored: StoredResponses,
  response: string,
): Promise<Entered> {
  const { body, handler, call } = step;
  const { overlap: policy, maxQueued } = handler.options;
  const conversation = conversationOf(body);
  const owner = call.user?.id ?? null;
  const previous = body.previous_response_id;
  // Nobody learns from a lock whether another one's conversation exists.
  if (conversation !== undefined) await stored.conversations.get(conversation, owner);
  else if (previous == null || (await stored.records.get(previous, owner)) === undefined)
    return { letGo: undefined, waits: undefined };

  const enter = async (
    how: Pick<OverlapRequest, "policy" | "client">,
  ): Promise<LetGo | undefined> => {
    const request = { ...how, maxQueued };
    if (conversation !== undefined)
      return stored.overlap.enter({ ...request, conversation, response });
    await stored.overlap.settle(previous!, request);
    return undefined;
  };
  if (body.background !== true)
    return { letGo: await enter({ policy, client: call.client }), waits: undefined };
  const client = new LazyAbortController();
  try {
    return { letGo: await enter({ policy: "reject", client }), waits: undefined };
  } catch (error) {
    if (policy === "reject" || !isAppError(error) || error.code !== "conversation_locked")
      throw error;
    return { letGo: undefined, waits: enter({ policy, client }) };
  }
}

/** The id of the conversation that a request names. */
export function conversationOf(body: Step["body"]): string | undefined {
  const { conversation } = body;
  if (conversation == null) return undefined;
  return typeof conversation === "string" ? conversation : conversation.id;
}
