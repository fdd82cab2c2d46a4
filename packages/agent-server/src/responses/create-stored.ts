import { type AbortNotice, AppError, LazyAbortController } from "@wheelhouse/core";
import type { Release } from "../run/admission.js";
import { createAgentRequest } from "../run/agent-request.js";
import { answerable } from "../run/engine.js";
import { itemIdsOf } from "../stored/item-ids.js";
import { readResponse } from "../stored/read-response.js";
import { storeFault } from "../stored/store-fault.js";
import { besideEnd } from "./beside-end.js";
import type { Created, Step } from "./create-call.js";
import { encoded } from "./encoded.js";
import { enterOverlap, type LetGo } from "./enter-overlap.js";
import type { StoredResponses } from "./responses-context.js";
import { returnTraceId } from "./return-trace-id.js";
import { parseInputs, producerOf, recordOf, runInputOf, withoutInput } from "./run-parts.js";

/** Nobody waits for the answer of a background run. */
const NOBODY: AbortNotice = new LazyAbortController();

/** The response is there from its start: it can be fetched, followed, cancelled, and outlives the process. */
export async function createStored(step: Step, stored: StoredResponses): Promise<Created> {
  const { context, call, body, handler, owner } = step;
  const { parsed, client, responseId: id } = call;
  const background = body.background === true;
  const { letGo, waits } = await enterOverlap(step, stored, id);
  let held = letGo;
  const options = { responseId: id, owner, local: call.local };
  try {
    const resolved = await stored.history.resolve(body, options);
    const kept = withoutInput(body);
    const request = createAgentRequest({ ...body, input: resolved.items });
    await parseInputs(step, request);
    const enter = (): Release | Promise<Release> =>
      context.engine.enter(step, background ? NOBODY : client);
    const enterLater = async (turn: Promise<LetGo | undefined>): Promise<Release> => {
      held = await turn;
      // The run before this one has added to what the agent is given.
      request.input = (await stored.history.resolve(body, options)).items;
      return enter();
    };
    const place = waits === undefined ? enter() : enterLater(waits);
    const run = await stored.runs.start({
      run: {
        ...runInputOf(step, request),
        request,
        responseId: id,
        client: background ? undefined : client,
        disconnect: body.disconnect ?? (background ? "detach" : handler.options.disconnect),
        handsOver: handler.options.onCrash !== "fail",
      },
      owner,
      inputs: body,
      version: 0,
      record: {
        ...recordOf(step, {
          id,
          request: kept,
          input: resolved.own,
          stepsOf: resolved.stepsOf,
          timeoutMs: handler.options.timeoutMs,
        }),
        state: "active",
      },
      producer: (started) =>
        producerOf(started, {
          request: body,
          isStored: true,
          encode: true,
          traceId: returnTraceId(call.headers, started.span),
          newId: itemIdsOf(id),
        }),
      place: background ? place : await place,
      before: [],
      beside: (response, failure, withheld) =>
        besideEnd(stored, {
          owner,
          own: resolved.own,
          body,
          response,
          failure,
          withheld,
          letGo: held,
        }),
    });
    void run.ended.then(({ response, failure }) => {
      if (failure === undefined)
        call.onEnd?.([...request.input], response, run.producer.withheld());
    });
    if (parsed.stream) {
      const holds = run.run.input.disconnect === "cancel";
      const entries = readResponse(stored, id, { after: -1, client, holds });
      return { kind: "stream", texts: encoded(entries, call.encode) };
    }
    if (background)
      return { kind: "response", response: { ...run.producer.snapshot(), output: [] } };
    const { response, failure, left } = await run.ended;
    if (left) throw new AppError("shutting_down");
    if (failure !== undefined) throw answerable(failure);
    return { kind: "response", response };
  } catch (error) {
    await held?.();
    throw storeFault(error);
  }
}
