import { type AbortNotice, AppError, type Response, type ResponseId } from "@wheelhouse/core";
import type { LogEntry } from "@wheelhouse/store";
import { foldLog } from "../stored/fold-log.js";
import { readResponse } from "../stored/read-response.js";
import { restoreWithheld } from "../stored/withheld.js";
import type { StoredResponse } from "../stored/response-records.js";
import type { StoredResponses } from "./responses-context.js";

/** Entries of a page of a log. */
const PAGE = 1_000;

/** The record of a response of this owner, a dead run's brought up to date. Throws `response_not_found` (B76). */
export async function recordOfResponse(
  stored: StoredResponses,
  id: string,
  owner: string | null,
): Promise<StoredResponse> {
  const record = await stored.records.get(id, owner);
  if (record === undefined) throw new AppError("response_not_found");
  if (record.value.state === "ended" || stored.runs.get(id) !== undefined) return record;
  await stored.recover(id);
  return (await stored.records.get(id, owner)) ?? record;
}

/** A response as far as it has come, with `attempt_number` (B73). Throws `response_not_found`. */
export async function retrieveResponse(
  stored: StoredResponses,
  id: string,
  owner: string | null,
  asked: { readonly encrypted: boolean } = { encrypted: false },
): Promise<Response> {
  const { value } = await recordOfResponse(stored, id, owner);
  const response =
    value.state === "ended" ? value.response : await stateOf(stored, id, value.response);
  const output = asked.encrypted
    ? [...restoreWithheld(response.output, value.withheld)]
    : response.output;
  return { ...response, output, attempt_number: value.attempt };
}

/** The state of a run that has not ended: this process knows it, or its log tells. */
async function stateOf(
  { runs, store }: StoredResponses,
  id: string,
  begun: Response,
): Promise<Response> {
  const live = runs.get(id);
  if (live !== undefined) return live.producer.snapshot();
  const entries: LogEntry[] = [];
  for (let after = -1; ;) {
    const page = (await store.log.read(id, after, PAGE)).entries;
    entries.push(...page);
    if (page.length < PAGE) break;
    after = page.at(-1)!.seq;
  }
  const { response, done } = foldLog(entries);
  return { ...begun, ...response, output: response?.status === "queued" ? [] : [...done] };
}

/** Waits for the end of a run, wherever it runs; returns early when the client leaves. */
export async function untilEnded(
  stored: StoredResponses,
  id: string,
  client: AbortNotice,
): Promise<void> {
  const live = stored.runs.get(id);
  if (live !== undefined) {
    const left = Promise.withResolvers<void>();
    const unlisten = client.onAbort(() => left.resolve());
    await Promise.race([live.ended, left.promise]);
    unlisten();
    return;
  }
  const info = await stored.store.log.info(id);
  const after = Math.max(-1, (info?.nextSeq ?? 0) - 1);
  for await (const entries of readResponse(stored, id, { after, client })) void entries;
}

/** Stops a run and gives the response as it ended. */
export async function stopResponse(
  stored: StoredResponses,
  record: StoredResponse,
  client: AbortNotice,
): Promise<Response> {
  const id = record.key as ResponseId;
  await stored.runs.stop(id, "cancelled");
  await untilEnded(stored, id, client);
  const ended = await stored.records.get(id, record.owner);
  return ended?.value.response ?? record.value.response;
}
