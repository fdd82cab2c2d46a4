import { setTimeout as sleep } from "node:timers/promises";
import { type AbortNotice, AppError, isErrorCode, type Response } from "@wheelhouse/core";
import type { Claim } from "../stored/idempotency.js";
import { answerable } from "../run/engine.js";
import { readResponse } from "../stored/read-response.js";
import type { CreateCall, Created } from "./create-call.js";
import type { StoredResponses } from "./responses-context.js";
import { encoded } from "./encoded.js";
import { retrieveResponse, untilEnded } from "./retrieve-response.js";

/** Milliseconds between two looks for a response that is about to be there. */
const LOOK_MS = 25;
/** Milliseconds that a first request may take to become a response. */
const STARTING_MS = 60_000;

/** The answer that an idempotency key had, or is about to have: as it comes where it was streamed. */
export async function replayByKey(
  stored: StoredResponses,
  call: CreateCall,
  claim: Claim & { readonly before: string },
): Promise<Created> {
  const { parsed, client } = call;
  const id = claim.before;
  const owner = call.user?.id ?? null;
  await untilThere(stored, claim, owner, client);
  if (parsed.stream) {
    const entries = readResponse(stored, id, { after: -1, client });
    return { kind: "stream", texts: encoded(entries, call.encode) };
  }
  if (parsed.body.background !== true) await untilEnded(stored, id, client);
  const { attempt_number: _attempt, ...response } = await retrieveResponse(stored, id, owner);
  const record = await stored.records.get(id, owner);
  const status = record?.value.errorStatus;
  if (response.error !== null && status !== undefined) throw failureOf(response, status);
  return { kind: "response", response };
}

async function untilThere(
  stored: StoredResponses,
  claim: Claim & { readonly before: string },
  owner: string | null,
  client: AbortNotice,
): Promise<void> {
  const ends = performance.now() + STARTING_MS;
  while ((await stored.records.get(claim.before, owner)) === undefined) {
    const isOpen = performance.now() < ends && (await claim.holds());
    if (!isOpen || client.aborted)
      throw new AppError("conflict", {
        message: "The first request with this Idempotency-Key came to no response: send it again.",
        headers: { "retry-after": "1" },
      });
    await sleep(LOOK_MS);
  }
}

/** The failure as the first answer told it. */
function failureOf({ error }: Pick<Response, "error">, status: number): AppError {
  const code = error !== null && isErrorCode(error.code) ? error.code : "agent_error";
  // The stored message was fit for a client; a hidden code would hide it.
  const shown = code === "internal_error" || code === "task_failed" ? "agent_error" : code;
  return answerable(new AppError(shown, { message: error?.message, status }));
}
