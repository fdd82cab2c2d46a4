import { chooseHandler } from "../run/choose-handler.js";
import { refuseStored } from "../wire/responses/parse-create.js";
import type { CreateCall, Created, Step } from "./create-call.js";
import { createQuietly } from "./create-quietly.js";
import { createStored } from "./create-stored.js";
import { createUnstored } from "./create-unstored.js";
import type { ResponsesContext } from "./responses-context.js";

/** Stands for the author's function. */
const sayNothing = (): unknown[] => [];

/** Runs the agent for a request and gives the answer, whole or as it comes. */
export async function createResponse(
  context: ResponsesContext,
  call: CreateCall,
): Promise<Created> {
  const { body, stream } = call.parsed;
  const agent = context.agents.forModel(body.model);
  const chosen = chooseHandler(agent, stream ? "stream" : "invoke");
  const handler = call.warmsUp === true ? { ...chosen, run: sayNothing } : chosen;
  const step: Step = { context, call, body, agent, handler, owner: call.user?.id ?? null };
  const { stored } = context;
  if (stored === undefined) {
    refuseStored(body);
    return createUnstored(step, undefined);
  }
  if (body.store === false) return createUnstored(step, stored);
  const isAnnounced =
    stream || body.background === true || body.conversation != null || call.announced === true;
  return isAnnounced ? createStored(step, stored) : createQuietly(step, stored);
}
