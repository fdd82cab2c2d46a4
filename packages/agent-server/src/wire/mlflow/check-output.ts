import {
  AppError,
  explainIssues,
  InvocationEvents,
  InvocationResponse,
  isPlainInvocationResponse,
  isPlainOutputItem,
} from "@wheelhouse/core";
import { kindOf } from "../../run/assemble/kind-of.js";

/** Checks a raw result of an invoke function, or throws `invalid_agent_output` with MLflow's prefix (B28, B29). */
export function checkAgentResponse(result: unknown): asserts result is Record<string, unknown> {
  if (typeof result !== "object" || result === null || Array.isArray(result))
    throw invalid(
      "ResponsesAgentResponse",
      `expected an object with output, got ${kindOf(result)}`,
    );
  // The usual result is accepted without the schema, which stays the one to explain a refusal.
  if (isPlainInvocationResponse(result)) return;
  const checked = InvocationResponse.safeParse(result);
  if (!checked.success)
    throw invalid("ResponsesAgentResponse", explainIssues(checked.error).message);
}

/** Checks a raw event of a stream function, or throws `invalid_agent_output` with MLflow's prefix (B37). */
export function checkAgentEvent(event: unknown): asserts event is { type: string } {
  const type = (event as { type?: unknown } | null | undefined)?.type;
  if (typeof event !== "object" || event === null || typeof type !== "string")
    throw invalid(
      "ResponsesAgentStreamEvent",
      `expected a string, a part or an event with a string type, got ${kindOf(event)}`,
    );
  // The common events are accepted without the schema, which stays the one to explain a refusal.
  if (type === "response.output_text.delta") {
    const { delta, item_id } = event as { delta?: unknown; item_id?: unknown };
    if (typeof delta === "string" && typeof item_id === "string") return;
  } else if (type === "response.output_item.done") {
    if (isPlainOutputItem((event as { item?: unknown }).item)) return;
  }
  const checked = Object.hasOwn(InvocationEvents, type)
    ? InvocationEvents[type]!.safeParse(event)
    : undefined;
  if (checked?.success === false)
    throw invalid("ResponsesAgentStreamEvent", `${type}: ${explainIssues(checked.error).message}`);
}

/** Checks what a base agent gives: any object (B22, B30). */
export function checkBaseResult(result: unknown): asserts result is object {
  if (typeof result === "object" && result !== null && !Array.isArray(result)) return;
  throw new AppError("invalid_agent_output", {
    message: `Result needs to be an object, got ${kindOf(result)}.`,
  });
}

function invalid(what: string, message: string): AppError {
  return new AppError("invalid_agent_output", { message: `Invalid data for ${what}: ${message}` });
}
