import type { Created, Step } from "./create-call.js";
import { enterOverlap } from "./enter-overlap.js";
import { needsHistory } from "./needs-history.js";
import type { StoredResponses } from "./responses-context.js";
import { returnTraceId } from "./return-trace-id.js";
import { parseInputs, producerOf, runInputOf } from "./run-parts.js";

/** Leaves nothing behind that could be fetched. */
export async function createUnstored(
  step: Step,
  stored: StoredResponses | undefined,
): Promise<Created> {
  const { context, call, body, owner } = step;
  const { responseId, parsed } = call;
  let items = body.input;
  if (stored !== undefined && needsHistory(body)) {
    const { letGo } = await enterOverlap(step, stored, responseId);
    try {
      const options = { responseId, owner, local: call.local };
      items = (await stored.history.resolve(body, options)).items;
    } finally {
      await letGo?.();
    }
  }
  const request = { ...body, input: items };
  await parseInputs(step, request);
  const starting = context.engine.start({ ...runInputOf(step, request), responseId });
  const run = starting instanceof Promise ? await starting : starting;
  if (run.span.isRecording) run.span.setInputs(body);
  const producer = await producerOf(run, {
    request: body,
    isStored: false,
    encode: parsed.stream,
    traceId: returnTraceId(call.headers, run.span),
    newId: undefined,
  });
  const ended = (): void => call.onEnd?.(items, producer.response(), producer.withheld());
  if (parsed.stream)
    return {
      kind: "stream",
      texts: await context.engine.stream(run, producer, call.encode, ended),
    };
  await context.engine.complete(run, producer);
  ended();
  return { kind: "response", response: producer.response() };
}
