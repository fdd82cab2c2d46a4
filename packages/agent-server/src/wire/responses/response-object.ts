import type { CreateResponseRequest, Response, ResponseId, Tool } from "@wheelhouse/core";

/** What a response object is made from. */
export interface ResponseObjectOptions {
  readonly id: ResponseId;
  readonly request: CreateResponseRequest;
  /** The agent's name: the model where the client named none. */
  readonly agentName: string;
  /** Whether the response will be stored: what the client asked for may not be what it gets. */
  readonly stored: boolean;
  /** Added to the client's metadata: `trace_id` where it was asked for. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The response at the start of its run: all 31 fields of Open Responses 2026-04-24, zero values where
 * the schema takes no null. What the client sent is echoed.
 */
export function createResponseObject(options: ResponseObjectOptions): Response {
  const { request } = options;
  return {
    id: options.id,
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    completed_at: null,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: request.model || options.agentName,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: reasoningOf(request.reasoning),
    service_tier:
      request.service_tier == null || request.service_tier === "auto"
        ? "default"
        : request.service_tier,
    store: options.stored,
    background: request.background ?? false,
    temperature: request.temperature ?? 1,
    top_p: request.top_p ?? 1,
    presence_penalty: request.presence_penalty ?? 0,
    frequency_penalty: request.frequency_penalty ?? 0,
    top_logprobs: request.top_logprobs ?? 0,
    text: { ...request.text, format: formatOf(request.text) },
    tool_choice: toolChoiceOf(request.tool_choice),
    tools: (request.tools ?? []).map(echoTool),
    truncation: request.truncation ?? "disabled",
    usage: null,
    user: request.user ?? null,
    ...(request.conversation == null
      ? {}
      : {
          conversation: {
            id:
              typeof request.conversation === "string"
                ? request.conversation
                : request.conversation.id,
          },
        }),
    metadata: { ...request.metadata, ...options.metadata },
    safety_identifier: request.safety_identifier ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
  };
}

function reasoningOf(reasoning: CreateResponseRequest["reasoning"]): Response["reasoning"] {
  if (reasoning == null) return null;
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return {
    ...reasoning,
    effort: text(reasoning["effort"]),
    summary: text(reasoning["summary"]),
  };
}

function formatOf(text: CreateResponseRequest["text"]): { type: string } {
  const format = text?.["format"];
  return typeof format === "object" && format !== null && "type" in format
    ? (format as { type: string })
    : { type: "text" };
}

function toolChoiceOf(choice: CreateResponseRequest["tool_choice"]): Response["tool_choice"] {
  if (choice == null) return "auto";
  return typeof choice === "object" && choice.type === "allowed_tools"
    ? { mode: "auto", ...choice }
    : choice;
}

/** Clients' schemas want a function tool whole, null where it was silent. */
function echoTool(tool: Tool): Tool {
  return tool.type === "function"
    ? { description: null, parameters: null, strict: null, ...tool }
    : tool;
}
