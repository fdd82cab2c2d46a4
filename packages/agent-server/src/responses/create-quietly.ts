import { storeFailed } from "../run/fail-run.js";
import { itemIdsOf } from "../stored/item-ids.js";
import type { Created, Step } from "./create-call.js";
import { enterOverlap } from "./enter-overlap.js";
import type { StoredResponses } from "./responses-context.js";
import { returnTraceId } from "./return-trace-id.js";
import { parseInputs, producerOf, recordOf, runInputOf, withoutInput } from "./run-parts.js";

/** Nobody knows of the response before it is whole: it is written once, when it is. */
export async function createQuietly(step: Step, stored: StoredResponses): Promise<Created> {
  const { context, call, body, owner } = step;
  const { responseId: id } = call;
  await enterOverlap(step, stored, id);
  const resolved = await stored.history.resolve(body, { responseId: id, owner, local: call.local });
  const kept = withoutInput(body);
  const request = { ...body, input: resolved.items };
  await parseInputs(step, request);
  const starting = context.engine.start({
    ...runInputOf(step, request),
    responseId: id,
    steps: stored.steps.of(resolved.stepsOf ?? id, owner),
  });
  const run = starting instanceof Promise ? await starting : starting;
  if (run.span.isRecording) run.span.setInputs(body);
  const producer = await producerOf(run, {
    request: body,
    isStored: true,
    encode: false,
    traceId: returnTraceId(call.headers, run.span),
    newId: itemIdsOf(id),
  });
  await context.engine.complete(run, producer);
  const response = producer.response();
  const record = recordOf(step, {
    id,
    request: kept,
    input: resolved.own,
    stepsOf: resolved.stepsOf,
    timeoutMs: undefined,
  });
  try {
    await stored.records.put(
      id,
      { ...record, response, state: "ended", withheld: producer.withheld() },
      { owner, ifVersion: 0 },
    );
  } catch (error) {
    // The agent has run: its answer is worth more than a record of it.
    storeFailed(run, error);
    return { kind: "response", response: { ...response, store: false } };
  }
  call.onEnd?.(resolved.items, response, producer.withheld());
  return { kind: "response", response };
}
