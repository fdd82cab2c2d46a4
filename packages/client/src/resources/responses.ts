import { succeeded } from "../errors/agent-failed-error.js";
import { type Call, path } from "../http/call.js";
import { requestJson } from "../http/request-json.js";
import { sleep } from "../http/sleep.js";
import { withTimeLimit } from "../http/with-time-limit.js";
import type { RequestOptions, ResumeOptions, Settings } from "../options.js";
import { checkCount, resolveResume } from "../resolve-options.js";
import { isKeyRefused } from "../stream/follow-events.js";
import { createResponseStream, type ResponseStream } from "../stream/response-stream.js";
import type { StreamPlan } from "../stream/stream-plan.js";
import type { ResponseCreateBody } from "../types/create-body.js";
import type { AgentResponse } from "../types/response.js";
import type { Compaction, Deleted, InputTokens, StoredItem } from "../types/stored.js";
import { type CreateOptions, planCreate } from "./create-plan.js";
import type { JsonCalls } from "./json-calls.js";
import { type List, listAt, type ListOptions } from "./list.js";

/** Options of `responses.stream`. */
export interface StreamOptions extends CreateOptions {
  /** Instead of the client's. */
  resume?: false | ResumeOptions | undefined;
}

/** Options of `responses.attach`. */
export interface AttachOptions extends RequestOptions {
  /** `sequence_number` of the last event you have. Default: from the first event. */
  after?: number | undefined;
  /** As in the request: `["wheelhouse.events"]` for the server's own events. */
  include?: readonly string[] | undefined;
  /** Instead of the client's. */
  resume?: false | ResumeOptions | undefined;
}

/** Options of `responses.wait`. */
export interface WaitOptions extends RequestOptions {
  /** Milliseconds until it throws a TimeoutError; the run goes on. Default 3,600,000. */
  timeoutMs?: number | undefined;
  /** Milliseconds before the second look; grows by half each time, up to 5,000. Default 500. */
  pollMs?: number | undefined;
}

/** `/responses` of an agent server. */
export interface Responses {
  /** Runs the agent and gives its answer; with `background: true` the response as it begins. */
  create(body: ResponseCreateBody, options?: CreateOptions): Promise<AgentResponse>;
  /** Runs the agent and gives its events. The request is sent when you begin to read. */
  stream(body: ResponseCreateBody, options?: StreamOptions): ResponseStream;
  /** The events of a stored response, from the start or after a cursor. */
  attach(id: string, options?: AttachOptions): ResponseStream;
  /** The response as far as it is. */
  retrieve(
    id: string,
    options?: RequestOptions & { include?: readonly string[] },
  ): Promise<AgentResponse>;
  /** Looks at a response until it has ended. Throws AgentFailedError for a failed or cancelled run. */
  wait(id: string, options?: WaitOptions): Promise<AgentResponse>;
  /** Stops a run. One that has ended is given as it is. */
  cancel(id: string, options?: RequestOptions): Promise<AgentResponse>;
  delete(id: string, options?: RequestOptions): Promise<Deleted>;
  readonly inputItems: {
    /** The items of the request, newest first. */
    list(id: string, options?: ListOptions): List<StoredItem>;
  };
  /** How many tokens a request's input has. */
  inputTokens(body: ResponseCreateBody, options?: RequestOptions): Promise<InputTokens>;
  /** Makes a history shorter. */
  compact(body: ResponseCreateBody, options?: RequestOptions): Promise<Compaction>;
}

const MAX_POLL_MS = 5_000;

export function createResponses(settings: Settings, json: JsonCalls): Responses {
  const retrieve: Responses["retrieve"] = (id, options) =>
    json.get(path("responses", id), options, { query: includeQuery(options?.include) });

  const planFor = (
    options: AttachOptions | StreamOptions,
    include: readonly string[] | undefined,
    create?: StreamPlan["create"],
  ): StreamPlan => ({
    settings,
    create,
    attach: (id, after) => attachCall(id, after, include, options.headers),
    maxRetries: checkCount("maxRetries", options.maxRetries, 0) ?? settings.maxRetries,
    timeoutMs: checkCount("timeoutMs", options.timeoutMs, 1) ?? settings.timeoutMs,
    resume: resumeOf(options.resume),
  });
  const resumeOf = (own: StreamOptions["resume"]): Settings["resume"] =>
    own === undefined ? settings.resume : resolveResume(own, settings.resume);
  const streamOptions = (options: RequestOptions): Parameters<typeof createResponseStream>[2] => ({
    signal: options.signal,
    retrieve: (id, signal) => retrieve(id, { signal, headers: options.headers }),
  });

  return {
    async create(body, options = {}) {
      const { call, bare } = planCreate(body, options, { stream: false, resume: settings.resume });
      try {
        return await requestJson(settings, call, options);
      } catch (error) {
        if (bare === undefined || !isKeyRefused(error)) throw error;
        return requestJson(settings, bare, options);
      }
    },
    stream(body, options = {}) {
      const resume = resumeOf(options.resume);
      const create = planCreate(body, options, { stream: true, resume });
      const plan = planFor(options, body.include ?? undefined, create);
      return createResponseStream(plan, {}, streamOptions(options));
    },
    attach(id, options = {}) {
      path("responses", id);
      const after = checkCount("after", options.after, 0);
      const plan = planFor(options, options.include);
      return createResponseStream(plan, { responseId: id, after }, streamOptions(options));
    },
    retrieve,
    wait: (id, options = {}) => wait(retrieve, id, options),
    cancel: (id, options) => json.postAgain(path("responses", id, "cancel"), {}, options),
    delete: (id, options) => json.delete(path("responses", id), options),
    inputItems: {
      list: (id, options = {}) => listAt(settings, path("responses", id, "input_items"), options),
    },
    inputTokens: (body, options) =>
      json.postAgain(path("responses", "input_tokens"), body, options),
    compact: (body, options) => json.postOnce(path("responses", "compact"), body, options),
  };
}

const includeQuery = (include: readonly string[] | undefined): (readonly [string, string])[] =>
  (include ?? []).map((one) => ["include[]", one] as const);

function attachCall(
  id: string,
  after: number | undefined,
  include: readonly string[] | undefined,
  headers: RequestOptions["headers"],
): Call {
  const cursor = after === undefined ? [] : [["starting_after", String(after)] as const];
  return {
    method: "GET",
    path: path("responses", id),
    query: [["stream", "true"], ...cursor, ...includeQuery(include)],
    headers,
    repeatable: true,
    accept: "text/event-stream",
  };
}

async function wait(
  retrieve: Responses["retrieve"],
  id: string,
  options: WaitOptions,
): Promise<AgentResponse> {
  const ms = checkCount("timeoutMs", options.timeoutMs, 1) ?? 3_600_000;
  let pause = checkCount("pollMs", options.pollMs, 1) ?? 500;
  const message = (): string =>
    `The response ${id} did not end within ${ms} ms: raise timeoutMs, or cancel it.`;
  const { headers, maxRetries } = options;
  return withTimeLimit({ ms, signal: options.signal, message }, async (signal) => {
    for (;;) {
      const response = await retrieve(id, { headers, maxRetries, signal });
      if (response.status !== "queued" && response.status !== "in_progress")
        return succeeded(response);
      await sleep(pause, signal);
      pause = Math.min(MAX_POLL_MS, Math.ceil(pause * 1.5));
    }
  });
}
