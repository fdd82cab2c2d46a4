import type { SpanAttribute } from "@wheelhouse/core";

/** A tool call as an output item tells it. */
export interface ToolCall {
  readonly name: string;
  /** What belongs together: the call's id, or the item's. */
  readonly key: string;
  /** A parsed value, or the text where it is no JSON. Undefined while it is not known. */
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly error: string | undefined;
  /** `call` and `result` are the two halves of a function call; `whole` has both. */
  readonly part: "call" | "result" | "whole";
}

/** The tool call in an output item of the Responses API; undefined for messages, reasoning and the like. */
export function toolCallOf(item: unknown): ToolCall | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const fields = item as Readonly<Record<string, unknown>>;
  const { type } = fields;
  if (typeof type !== "string") return undefined;
  const id = text(fields["call_id"]) ?? text(fields["id"]);
  if (id === undefined) return undefined;
  const known = { key: id, outputs: undefined, error: undefined };
  switch (type) {
    case "function_call":
    case "custom_tool_call":
      return {
        ...known,
        name: text(fields["name"]) ?? type,
        inputs: parsed(fields["arguments"] ?? fields["input"]),
        part: "call",
      };
    case "function_call_output":
    case "custom_tool_call_output":
      return {
        ...known,
        name: "",
        inputs: undefined,
        outputs: parsed(fields["output"]),
        error: fields["is_error"] === true ? errorText(fields["output"]) : undefined,
        part: "result",
      };
    case "mcp_call":
      return {
        key: text(fields["id"]) ?? id,
        name: text(fields["name"]) ?? type,
        inputs: parsed(fields["arguments"]),
        outputs: parsed(fields["output"] ?? undefined),
        error: errorOf(fields["error"]),
        part: "whole",
      };
    default: {
      // Tools of the model's provider: web_search_call, file_search_call, code_interpreter_call and others.
      if (!type.endsWith("_call")) return undefined;
      const inputs = fields["action"] ?? fields["queries"] ?? fields["code"] ?? fields["arguments"];
      const outputs = fields["results"] ?? fields["outputs"] ?? fields["output"] ?? undefined;
      return { ...known, name: type.slice(0, -"_call".length), inputs, outputs, part: "whole" };
    }
  }
}

/** What the GenAI conventions say of a tool call. */
export function toolAttributes(
  call: Pick<ToolCall, "name" | "key">,
): Record<string, SpanAttribute> {
  return {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": call.name,
    "gen_ai.tool.call.id": call.key,
  };
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Characters of what a tool said that failed. */
const MAX_ERROR = 4_000;

const errorText = (output: unknown): string =>
  typeof output === "string" ? output.slice(0, MAX_ERROR) : "The tool failed.";

function errorOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  const { message } = value as { message?: unknown };
  return typeof message === "string" ? message : "The tool failed.";
}

/** Longer arguments stay text: parsing them would take longer than the trace is worth. */
const PARSED_AT_MOST = 65_536;

function parsed(value: unknown): unknown {
  if (typeof value !== "string" || value.length > PARSED_AT_MOST) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
