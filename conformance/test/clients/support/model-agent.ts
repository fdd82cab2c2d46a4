import { randomUUID } from "node:crypto";
import { ev, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";

/** An agent that behaves as a model does, and what it was given. */
export interface ModelAgent {
  readonly agent: object;
  /** The requests, oldest first. */
  readonly given: AgentRequest[];
}

/**
 * Makes an agent that calls the first function it is offered when it is asked about the weather, tells what
 * a function gave, and otherwise answers `You said: …`, in three pieces and with usage.
 */
export function createModelAgent(): ModelAgent {
  const given: AgentRequest[] = [];
  const agent = stream(async function* model(request) {
    given.push(request);
    const last = request.input.at(-1);
    const text = textOf(last);
    const [offered] = request.tools ?? [];
    if (last?.type === "function_call_output") yield* ["It is ", functionOutput(last), "."];
    else if (/weather/i.test(text) && typeof offered?.name === "string")
      yield ev.call(`call_${randomUUID()}`, offered.name, { location: "Paris" });
    else yield* ["You ", "said: ", text];
    yield ev.usage(10, 5);
  });
  return { agent, given };
}

/** The role or type and the text of each item that an agent was given: `user: hi`. */
export const told = (request: AgentRequest | undefined): string[] =>
  (request?.input ?? []).map((item) => {
    const { role } = item as { role?: string };
    return role === undefined ? item.type : `${role}: ${textOf(item)}`;
  });

/** The text of a message, and nothing for another item. */
function textOf(item: unknown): string {
  const { content } = (item ?? {}) as { content?: unknown };
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: { text?: string }) => part.text ?? "").join("");
}

function functionOutput(item: object): string {
  const { output } = item as { output?: unknown };
  return typeof output === "string" ? output : JSON.stringify(output);
}
