import type { AppError, InputItem, Response } from "@wheelhouse/core";
import type { CreateResponse } from "../wire/responses/parse-create.js";
import { conversationOf, type LetGo } from "./enter-overlap.js";
import { restoreWithheld, type Withheld } from "../stored/withheld.js";
import type { StoredResponses } from "./responses-context.js";

/** What the end of a stored run changes beside its own record. */
export interface BesideEnd {
  readonly owner: string | null;
  /** The request's own items. */
  readonly own: readonly InputItem[];
  readonly body: Pick<CreateResponse["body"], "conversation">;
  readonly response: Response;
  readonly failure: AppError | undefined;
  readonly withheld: Withheld | undefined;
  readonly letGo: LetGo | undefined;
}

/**
 * Adds to the conversation what was said in it, and lets go of it. A run that failed has said nothing: the
 * client will ask again. One that was stopped on purpose was asked, and what it finished was heard.
 */
export async function besideEnd(stored: StoredResponses, end: BesideEnd): Promise<void> {
  const { owner, own, body, response, failure, withheld, letGo } = end;
  const conversation = conversationOf(body as CreateResponse["body"]);
  try {
    const isHeard =
      failure === undefined || failure.code === "cancelled" || failure.code === "superseded";
    if (conversation === undefined || !isHeard) return;
    const finished = restoreWithheld(response.output, withheld).filter(
      (item) => response.status !== "cancelled" || item["status"] !== "incomplete",
    );
    await stored.conversations.add(conversation, owner, [...own, ...finished]);
  } finally {
    await letGo?.();
  }
}
