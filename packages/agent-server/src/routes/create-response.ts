import { AppError, createId, type ResponseId } from "@wheelhouse/core";
import type { Reply, Route, RouteInput } from "@wheelhouse/http";
import type { CreateCall, Created } from "../responses/create-call.js";
import { createResponse } from "../responses/create-response.js";
import { replayByKey } from "../responses/replay-by-key.js";
import type { ResponsesContext } from "../responses/responses-context.js";
import { checkIdempotencyKey } from "../stored/idempotency.js";
import { encodeResponsesFrames } from "../wire/responses/encode-frames.js";
import { parseCreateResponse } from "../wire/responses/parse-create.js";

/** `POST /responses` and `POST /v1/responses`: OpenAI's Responses API. */
export function createResponseRoutes(context: ResponsesContext): Route[] {
  return ["/responses", "/v1/responses"].map((path) => ({
    method: "POST",
    path,
    policy: { surface: "agent" },
    async handle(input) {
      const key = input.headers["idempotency-key"];
      if (key !== undefined) return createOnce(context, input, key);
      return toReply(await createResponse(context, callOf(input)));
    },
  }));
}

function callOf(input: RouteInput): CreateCall {
  return {
    parsed: parseCreateResponse(input.body),
    headers: input.headers,
    user: input.user,
    requestId: input.requestId,
    client: input.client,
    encode: encodeResponsesFrames,
    responseId: createId<ResponseId>("resp"),
  };
}

/** One run a key: who asks again with it gets the first answer. */
async function createOnce(
  context: ResponsesContext,
  input: RouteInput,
  key: string,
): Promise<Reply> {
  checkIdempotencyKey(key);
  const call = { ...callOf(input), announced: true };
  const { stored } = context;
  const owner = call.user?.id ?? null;
  if (stored === undefined || call.parsed.body.store === false)
    throw new AppError("invalid_request", {
      message: "Idempotency-Key needs a response that is stored: leave store: false out.",
      param: "Idempotency-Key",
    });
  const isThere = async (id: string): Promise<boolean> =>
    (await stored.records.get(id, owner)) !== undefined;
  const claim = await stored.idempotency.claim({
    key,
    owner,
    response: call.responseId,
    body: input.body,
    exists: isThere,
  });
  const { before } = claim;
  if (before !== undefined) {
    const reply = toReply(await replayByKey(stored, call, { ...claim, before }));
    return { ...reply, headers: { "idempotent-replayed": "true" } };
  }
  try {
    return toReply(await createResponse(context, call));
  } catch (error) {
    // A request that came to no run has not used its key up.
    if (!(await isThere(call.responseId))) await claim.release();
    throw error;
  }
}

function toReply(created: Created): Exclude<Reply, { readonly kind: "upgrade" }> {
  return created.kind === "stream"
    ? { kind: "sse", frames: created.texts }
    : { kind: "json", body: created.response };
}
