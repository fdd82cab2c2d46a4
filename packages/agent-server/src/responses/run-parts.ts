import type { CreateResponseRequest, InputItem, Response } from "@wheelhouse/core";
import type { LogEvent } from "@wheelhouse/store";
import { createAgentRequest } from "../run/agent-request.js";
import type { ScopeStart } from "../run/assemble/item-scope.js";
import { parseCustomInputs } from "../run/choose-handler.js";
import { observeRun } from "../run/observe-run.js";
import { OutputBudget } from "../run/output-budget.js";
import type { Run, RunInput } from "../run/run.js";
import { toolChoiceRule } from "../run/tool-choice.js";
import type { ResponseRecord } from "../stored/response-records.js";
import { declaredTools } from "../wire/declared-tools.js";
import { loadTokenizer } from "../wire/responses/load-tokenizer.js";
import { createResponseObject } from "../wire/responses/response-object.js";
import {
  createResponsesProducer,
  type ResponsesProducer,
} from "../wire/responses/responses-producer.js";
import type { Step } from "./create-call.js";
import { conversationOf } from "./enter-overlap.js";

/** What a run is started with. */
export function runInputOf({ call, agent, handler, body }: Step, request: Step["body"]): RunInput {
  return {
    agent,
    handler,
    request: createAgentRequest(request),
    headers: call.headers,
    user: call.user,
    requestId: call.requestId,
    client: call.client,
    disconnect: body.disconnect ?? undefined,
  };
}

/** What a producer of `/responses` is made with beside the run. */
export interface ProducerFacts {
  readonly request: CreateResponseRequest;
  readonly isStored: boolean;
  /** Whether somebody reads the events. */
  readonly encode: boolean;
  readonly traceId: string | undefined;
  /** The response as it began, where an earlier attempt has made it. */
  readonly response?: Response | undefined;
  /** Makes item ids; undefined for random ones. */
  readonly newId: ((prefix: string) => string) | undefined;
  /** What an earlier attempt left behind. */
  readonly resumed?: ScopeStart | undefined;
  readonly resumedEvent?: LogEvent | undefined;
}

/** The producer of a run on `/responses`. */
export async function producerOf(run: Run, facts: ProducerFacts): Promise<ResponsesProducer> {
  const { request, traceId, isStored } = facts;
  const { agent, handler } = run.input;
  const { include, max_output_tokens: maxTokens } = request;
  return createResponsesProducer({
    response:
      facts.response ??
      createResponseObject({
        id: run.responseId,
        request,
        agentName: agent.name,
        stored: isStored,
        metadata: traceId === undefined ? {} : { trace_id: traceId },
      }),
    serverTools: handler.options.serverTools,
    defaultServerTools: "mcp_call",
    declaredTools: declaredTools(request.tools),
    toolChoice: toolChoiceRule(request.tool_choice),
    label: agent.name,
    customEvents: include?.includes("wheelhouse.events") ?? false,
    encryptedReasoning: include?.includes("reasoning.encrypted_content") ?? false,
    budget: maxTokens == null ? undefined : new OutputBudget(await loadTokenizer(), maxTokens),
    newId: facts.newId,
    resumed: facts.resumed,
    resumedEvent: facts.resumedEvent,
    traceId,
    observe: observeRun(run.span),
    encode: facts.encode,
    onEnd: () => run.span.setAttribute("mlflow.message.format", "openai"),
  });
}

/** A run's record, but for the response and how far it is. */
export function recordOf(
  { context, body, agent, handler, call }: Step,
  facts: {
    readonly id: string;
    readonly request: ResponseRecord["request"];
    readonly input: readonly InputItem[];
    readonly stepsOf: string | undefined;
    readonly timeoutMs: number | undefined;
  },
): Omit<ResponseRecord, "response" | "state"> {
  return {
    input: facts.input,
    request: facts.request,
    agent: agent.name,
    scope: context.stored?.scope ?? "",
    handler: handler.kind,
    attempt: 1,
    isAdmin: call.user?.isAdmin ?? false,
    requestId: call.requestId,
    traceparent: call.headers["traceparent"],
    deadline: facts.timeoutMs === undefined ? undefined : Date.now() + facts.timeoutMs,
    stepsOf: facts.stepsOf ?? facts.id,
    conversation: conversationOf(body),
  };
}

/** A request as it is stored: what is large has its own place. A copy: schemas may change custom inputs. */
export function withoutInput({
  input: _input,
  ...request
}: Step["body"]): ResponseRecord["request"] {
  return structuredClone(request);
}

/** Puts the custom inputs as the agent's schema parsed them into a request. Rejects with `invalid_request`. */
export async function parseInputs(
  { handler }: Step,
  request: Record<string, unknown>,
): Promise<void> {
  const parsing = parseCustomInputs(handler, request);
  if (parsing !== undefined) await parsing;
}
