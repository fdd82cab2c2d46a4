import type { SpanAttribute } from "@wheelhouse/core";
import { cut } from "../values/copy-value.js";
import { redactText } from "../values/secret-patterns.js";

/** Tokens of a run, as MLflow counts them. */
export interface TokenUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly cache_read_input_tokens?: number;
}

/** What a run's result says of it beside its attributes. */
export interface RunFacts {
  readonly usage: TokenUsage | undefined;
  /** Why the answer is not whole; undefined for one that is. */
  readonly incomplete: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Characters of an id or a name that a client chose. */
const MAX_TEXT = 500;

const EMPTY: Fields = {};

/**
 * Reads a run's inputs and outputs, and adds what they say to its attributes. Whatever is not there, or not
 * as expected, is left out.
 */
export function addRunFacts(
  to: Record<string, SpanAttribute>,
  inputs: unknown,
  outputs: unknown,
): RunFacts {
  const request = fieldsOf(inputs);
  const response = fieldsOf(outputs);
  const context = fieldsOf(request["context"]);
  const usage = tokenUsage(response["usage"]);
  const incomplete =
    response["status"] === "incomplete"
      ? (text(fieldsOf(response["incomplete_details"])["reason"]) ?? "unknown")
      : undefined;
  const session = sessionOf(request, context);
  if (session !== undefined) to["session.id"] = to["gen_ai.conversation.id"] = session;
  put(to, "user.id", text(context["user_id"]) ?? text(request["user"]));
  put(to, "gen_ai.request.model", text(request["model"]));
  put(to, "gen_ai.request.temperature", number(request["temperature"]));
  put(to, "gen_ai.request.top_p", number(request["top_p"]));
  put(to, "gen_ai.request.max_tokens", number(request["max_output_tokens"]));
  put(to, "gen_ai.response.id", text(response["id"]));
  const finish = finishReason(incomplete, response);
  if (finish !== undefined) to["gen_ai.response.finish_reasons"] = [finish];
  return { usage, incomplete };
}

/** Tokens in the Responses API's form (`input_tokens`) or in Chat Completions' (`prompt_tokens`). */
export function tokenUsage(value: unknown): TokenUsage | undefined {
  if (value === undefined || value === null) return undefined;
  const usage = fieldsOf(value);
  const input = number(usage["input_tokens"]) ?? number(usage["prompt_tokens"]);
  const output = number(usage["output_tokens"]) ?? number(usage["completion_tokens"]);
  if (input === undefined && output === undefined) return undefined;
  const cached = number(fieldsOf(usage["input_tokens_details"])["cached_tokens"]);
  return {
    input_tokens: input ?? 0,
    output_tokens: output ?? 0,
    total_tokens: number(usage["total_tokens"]) ?? (input ?? 0) + (output ?? 0),
    ...(cached === undefined || cached === 0 ? {} : { cache_read_input_tokens: cached }),
  };
}

/** As the server's `ctx.session`: the client's conversation, however it names it. */
function sessionOf(request: Fields, context: Fields): string | undefined {
  const { conversation } = request;
  return (
    text(context["conversation_id"]) ?? text(conversation) ?? text(fieldsOf(conversation)["id"])
  );
}

/** In the words of the GenAI conventions. */
function finishReason(incomplete: string | undefined, response: Fields): string | undefined {
  if (incomplete === "max_output_tokens") return "length";
  if (incomplete !== undefined) return incomplete;
  return Array.isArray(response["output"]) ? "stop" : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : EMPTY;
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? redactText(cut(value, MAX_TEXT)) : undefined;

const number = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

function put(
  to: Record<string, SpanAttribute>,
  key: string,
  value: string | number | undefined,
): void {
  if (value !== undefined) to[key] = value;
}
