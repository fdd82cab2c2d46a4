import {
  type AbortNotice,
  AppError,
  LazyAbortController,
  type OutputItem,
  type Response,
  type ResponseId,
} from "@wheelhouse/core";
import { isVersionConflictError, type LogEntry, type LogEvent } from "@wheelhouse/store";
import { createAgentRequest } from "../run/agent-request.js";
import { parseCustomInputs } from "../run/choose-handler.js";
import { closeOpenItems } from "../stored/close-open-items.js";
import { foldLog } from "../stored/fold-log.js";
import { itemIdsOf } from "../stored/item-ids.js";
import type { StoredResponse } from "../stored/response-records.js";
import { encodeEvent } from "../wire/responses/responses-producer.js";
import { besideEnd } from "./beside-end.js";
import { planRecovery } from "./plan-recovery.js";
import type { ResponsesContext, StoredResponses } from "./responses-context.js";
import { producerOf } from "./run-parts.js";

/** Entries of a page of a log. */
const PAGE = 1_000;

/** Leases that a run of another scope's servers has before it is ended here. */
const FOREIGN_LEASES = 60;

type Folded = ReturnType<typeof foldLog>;

/**
 * Takes over a run that has not ended and that nobody runs: its process died, or left it at its shutdown. It
 * fails, begins anew or goes on, as the agent's `onCrash` says; one that somebody asked to stop ends as
 * cancelled. Does nothing for a run that is alive, here or elsewhere.
 */
export async function recoverResponse(
  context: ResponsesContext,
  stored: StoredResponses,
  id: string,
): Promise<void> {
  const { store, records, runs, scope } = stored;
  const record = await records.find(id);
  if (record === undefined || record.value.state === "ended" || runs.get(id) !== undefined) return;
  const info = await store.log.info(id);
  // Another kind of server knows better what to do with its runs, if it comes back in time.
  const isOurs = record.value.scope === scope;
  const leaseMs = stored.leaseMs * (isOurs ? 1 : FOREIGN_LEASES);
  const isAlive = info !== undefined && !info.closed && Date.now() - info.renewedAt < leaseMs;
  if (isAlive && !(isOurs && record.value.released === true)) return;
  const attempt = (info?.epoch ?? record.value.attempt) + 1;
  let claimed: StoredResponse;
  try {
    // First the record: of two that find the run at once one goes on.
    const next = { ...record.value, attempt, released: false };
    claimed = await records.put(id as ResponseId, next, { ifVersion: record.version });
  } catch (error) {
    if (isVersionConflictError(error)) return;
    throw error;
  }
  const folded = foldLog(await allEntries(stored, id));
  if (info === undefined || info.closed || folded.terminal) await settle(stored, claimed, folded);
  else await goOn(context, stored, claimed, folded, info.cancelRequested);
}

/** All that a log holds. */
async function allEntries({ store }: StoredResponses, id: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let after = -1; ;) {
    const page = (await store.log.read(id, after, PAGE)).entries;
    entries.push(...page);
    if (page.length < PAGE) return entries;
    after = page.at(-1)!.seq;
  }
}

/** The run has ended, or its log is gone: only its record does not say so. */
async function settle(
  { records, store }: StoredResponses,
  { key, value, version, owner }: StoredResponse,
  { terminal, response, lastSeq }: Folded,
): Promise<void> {
  const { code, message, type } = new AppError("task_timeout");
  const ended: Response =
    terminal && response !== undefined
      ? response
      : { ...value.response, status: "failed", error: { code, message, type } };
  await records.put(
    key as ResponseId,
    { ...value, response: ended, state: "ended", lastSeq: lastSeq < 0 ? undefined : lastSeq },
    { ifVersion: version },
  );
  const info = await store.log.info(key);
  if (info?.closed === false) await store.log.close(await store.log.open(key, owner));
}

async function goOn(
  context: ResponsesContext,
  stored: StoredResponses,
  claimed: StoredResponse,
  folded: Folded,
  isCancelled: boolean,
): Promise<void> {
  const { value: record, owner } = claimed;
  const id = claimed.key as ResponseId;
  const { request: kept, conversation } = record;
  const isOurs = record.scope === stored.scope;
  const plan = planRecovery(isOurs ? context.agents : undefined, record, isCancelled);
  const { agent, handler, disconnect } = plan;
  let { refused } = plan;
  // What was cut short ends here: strict clients want every item that began to end.
  const closing = closeOpenItems(folded.open);
  const cut = closing.flatMap((event): OutputItem[] =>
    event.type === "response.output_item.done" ? [event.item] : [],
  );
  const items = refused === undefined ? folded.done : [...folded.done, ...cut];
  const body = { ...kept, input: [...record.input] };
  try {
    const resolved = await stored.history.resolve(body, { responseId: id, owner });
    body.input = resolved.items;
    await parseCustomInputs(handler, body);
  } catch (error) {
    // What the run went on with is not there any more.
    refused ??= { error: error as AppError };
  }
  const place = refused === undefined ? context.engine.enter({ agent, handler }, NOBODY) : () => {};
  await stored.runs.start({
    run: {
      agent,
      handler,
      request: createAgentRequest(body),
      headers: record.traceparent === undefined ? {} : { traceparent: record.traceparent },
      user: owner === null ? null : { id: owner, isAdmin: record.isAdmin },
      requestId: record.requestId,
      // A foreground run's client has left with the process: the grace of its policy begins.
      client: kept.background === true || refused !== undefined ? undefined : GONE,
      disconnect,
      responseId: id,
      attempt: record.attempt,
      recoveredItems: plan.keepsItems ? items : [],
      deadline: record.deadline === undefined ? undefined : new Date(record.deadline),
      handsOver: handler.options.onCrash !== "fail",
    },
    owner,
    inputs: kept,
    version: claimed.version,
    record,
    producer: (run) =>
      producerOf(run, {
        request: kept,
        isStored: true,
        encode: true,
        traceId: record.response.metadata["trace_id"],
        newId: itemIdsOf(id),
        response: { ...record.response, status: "in_progress", output: [] },
        resumed: {
          claimed: folded.claimed,
          ids: folded.ids,
          items: plan.keepsItems ? items : [],
        },
        resumedEvent: resumedEvent(record, folded.lastSeq + closing.length + 1),
      }),
    place,
    refused,
    before: closing.map((event) => ({ type: event.type, data: encodeEvent(event) })),
    beside: (response, failure, withheld) =>
      besideEnd(stored, {
        owner,
        own: record.input,
        body: kept,
        response,
        failure,
        withheld,
        letGo:
          conversation === undefined ? undefined : () => stored.overlap.letGo(conversation, id),
      }),
  });
}

const NOBODY: AbortNotice = new LazyAbortController();

/** A client that has left. */
const GONE: AbortNotice = (() => {
  const gone = new LazyAbortController();
  gone.abort(new AppError("client_disconnected"));
  return gone;
})();

/** Databricks' frame for a run that goes on (B84): for clients that asked for events outside OpenAI's union. */
function resumedEvent(
  { attempt, request, conversation }: StoredResponse["value"],
  fromSeq: number,
): LogEvent | undefined {
  if (request.include?.includes("wheelhouse.events") !== true) return undefined;
  const type = "response.resumed";
  const id = conversation ?? request.context?.conversation_id ?? null;
  return {
    type,
    data: JSON.stringify({ type, attempt, from_seq: fromSeq, conversation_id: id }),
  };
}
