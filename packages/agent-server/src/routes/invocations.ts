import type { Agent, ServerTools } from "@wheelhouse/core";
import type { Reply, Route, RouteInput } from "@wheelhouse/http";
import type { AssemblerOptions } from "../run/assembler.js";
import { createAgentRequest } from "../run/agent-request.js";
import { chooseHandler, parseCustomInputs } from "../run/choose-handler.js";
import { observeRun } from "../run/observe-run.js";
import type { Run } from "../run/run.js";
import { toolChoiceRule } from "../run/tool-choice.js";
import { declaredTools } from "../wire/declared-tools.js";
import { encodeMlflowFrames } from "../wire/mlflow/encode-frames.js";
import { createMlflowProducer } from "../wire/mlflow/mlflow-producer.js";
import { parseInvocation } from "../wire/mlflow/parse-invocation.js";
import { createResponseObject } from "../wire/responses/response-object.js";
import { returnTraceId } from "../responses/return-trace-id.js";
import type { RouteContext } from "./route-context.js";

const policy = { surface: "agent", errors: "detail" } as const;

/** `POST /invocations`: MLflow's wire format, for the agent it means. */
export function invocationsRoute(context: RouteContext): Route {
  return {
    method: "POST",
    path: "/invocations",
    policy,
    handle: (input) => invoke(context, context.agents.forInvocations(), input),
  };
}

/** `POST /agents/{name}/invocations`: the same, for an agent by name. */
export function agentInvocationsRoute(context: RouteContext): Route {
  return {
    method: "POST",
    path: "/agents/:name/invocations",
    policy,
    handle: (input) => invoke(context, context.agents.byName(input.params["name"]!), input),
  };
}

async function invoke(context: RouteContext, agent: Agent, input: RouteInput): Promise<Reply> {
  const { agentType, engine } = context;
  const { body, stream } = parseInvocation(input.body, agentType);
  const handler = chooseHandler(agent, stream ? "stream" : "invoke");
  // Awaited only where there is something to wait for: each await of a value is a turn of the microtask queue.
  const parsing = parseCustomInputs(handler, body);
  if (parsing !== undefined) await parsing;
  const starting = engine.start({
    agent,
    handler,
    request: createAgentRequest(body),
    headers: input.headers,
    user: input.user,
    requestId: input.requestId,
    client: input.client,
  });
  const run = starting instanceof Promise ? await starting : starting;
  if (run.span.isRecording) run.span.setInputs(body);
  const producer = createMlflowProducer({
    assembler: () => assemblerOptions(run, body),
    agentType,
    // MLflow's base agents never give a trace id (B44).
    traceId: agentType === null ? undefined : returnTraceId(input.headers, run.span),
    recording: run.span.isRecording,
    observe: observeRun(run.span),
    mode: stream ? "stream" : "answer",
    onEnd: () => markFormat(context, run),
  });
  if (stream)
    return { kind: "sse", frames: await engine.stream(run, producer, encodeMlflowFrames) };
  await engine.complete(run, producer);
  return { kind: "json_text", text: producer.answerText() };
}

/** What MLflow's page needs to show a trace's messages; only on success (B61, B62). */
function markFormat({ agentType }: RouteContext, run: Run): void {
  if (agentType === "ResponsesAgent") run.span.setAttribute("mlflow.message.format", "openai");
}

function assemblerOptions(run: Run, body: Record<string, unknown>): AssemblerOptions {
  const { agent, handler } = run.input;
  return {
    response: createResponseObject({
      id: run.responseId,
      request: body,
      agentName: agent.name,
      stored: false,
      metadata: {},
    }),
    serverTools: handler.options.serverTools,
    defaultServerTools: "pair" satisfies ServerTools,
    declaredTools: declaredTools(body["tools"]),
    // MLflow's agents are told what the client chose, and trusted with it.
    toolChoice: toolChoiceRule(undefined),
    label: agent.name,
    customEvents: true,
  };
}
