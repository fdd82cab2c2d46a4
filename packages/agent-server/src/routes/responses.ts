import type { Reply, Route, RouteInput } from "@wheelhouse/http";
import { createAgentRequest } from "../run/agent-request.js";
import { chooseHandler, parseCustomInputs } from "../run/choose-handler.js";
import { declaredTools } from "../wire/declared-tools.js";
import { encodeResponsesFrames } from "../wire/responses/encode-frames.js";
import { parseCreateResponse } from "../wire/responses/parse-create.js";
import { createResponseObject } from "../wire/responses/response-object.js";
import { createResponsesProducer } from "../wire/responses/responses-producer.js";
import { returnTraceId } from "./return-trace-id.js";
import type { RouteContext } from "./route-context.js";

/** `POST /responses` and `POST /v1/responses`: OpenAI's Responses API. */
export function createResponseRoutes(context: RouteContext): Route[] {
  return ["/responses", "/v1/responses"].map((path) => ({
    method: "POST",
    path,
    policy: { surface: "agent" },
    handle: (input) => createResponse(context, input),
  }));
}

async function createResponse(context: RouteContext, input: RouteInput): Promise<Reply> {
  const { body, stream } = parseCreateResponse(input.body);
  const agent = context.agents.forModel(body.model);
  const handler = chooseHandler(agent, stream ? "stream" : "invoke");
  const parsing = parseCustomInputs(handler, body);
  if (parsing !== undefined) await parsing;
  const starting = context.engine.start({
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
  const traceId = returnTraceId(input.headers, run.span);
  const producer = createResponsesProducer({
    response: createResponseObject({
      id: run.responseId,
      request: body,
      agentName: agent.name,
      stored: false,
      metadata: traceId === undefined ? {} : { trace_id: traceId },
    }),
    serverTools: handler.options.serverTools,
    defaultServerTools: "mcp_call",
    declaredTools: declaredTools(body.tools),
    label: agent.name,
    customEvents: body.include?.includes("wheelhouse.events") ?? false,
    traceId,
    encode: stream,
    onEnd: () => run.span.setAttribute("mlflow.message.format", "openai"),
  });
  if (stream)
    return {
      kind: "sse",
      frames: await context.engine.stream(run, producer, encodeResponsesFrames),
    };
  await context.engine.complete(run, producer);
  return { kind: "json", body: producer.response() };
}
