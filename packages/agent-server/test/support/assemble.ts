import type { ResponseId, ServerTools, ToolChoice } from "@wheelhouse/core";
import { isAppError } from "@wheelhouse/core";
import { Assembler } from "../../src/run/assembler.js";
import { toolChoiceRule } from "../../src/run/tool-choice.js";
import { createResponseObject } from "../../src/wire/responses/response-object.js";

export type AnyEvent = { type: string; [key: string]: unknown };

/** How a scripted author is assembled. */
export interface AssembleOptions {
  serverTools?: ServerTools;
  defaultServerTools?: ServerTools;
  declared?: string[];
  customEvents?: boolean;
  toolChoice?: ToolChoice;
}

/** An assembler for a response of its own. */
export function newAssembler(options: AssembleOptions = {}): Assembler {
  return new Assembler({
    response: createResponseObject({
      id: "resp_000000000000000000000000" as ResponseId,
      request: {},
      agentName: "agent",
      stored: false,
      metadata: {},
    }),
    serverTools: options.serverTools,
    defaultServerTools: options.defaultServerTools ?? "mcp_call",
    declaredTools: new Set(options.declared ?? []),
    toolChoice: toolChoiceRule(options.toolChoice),
    label: "agent",
    customEvents: options.customEvents ?? false,
  });
}

/** The whole sequence that an author's yields lead to; a yield that is refused ends it as a failure. */
export function assemble(yields: readonly unknown[], options?: AssembleOptions): AnyEvent[] {
  const assembler = newAssembler(options);
  const events: AnyEvent[] = [...assembler.start()];
  try {
    for (const value of yields) {
      events.push(...assembler.accept(value));
      if (assembler.isStopped()) break;
    }
    events.push(...assembler.end());
  } catch (error) {
    if (!isAppError(error)) throw error;
    const { code, type, message, param } = error;
    events.push(...assembler.fail({ code, type, message, param }));
  }
  return events;
}

/** The final output of a sequence. */
export function outputOf(events: readonly AnyEvent[]): AnyEvent[] {
  return (events.at(-1)!["response"] as { output: AnyEvent[] }).output;
}

/** The text of every message in the final output, joined. */
export function textOf(events: readonly AnyEvent[]): string {
  return outputOf(events)
    .filter((item) => item.type === "message")
    .flatMap((item) => item["content"] as { text?: string }[])
    .map((part) => part.text ?? "")
    .join("");
}
