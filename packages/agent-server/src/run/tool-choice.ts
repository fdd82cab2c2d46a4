import type { ToolChoice } from "@wheelhouse/core";

/** What a request's `tool_choice` demands of the calls in its response. */
export interface ToolChoiceRule {
  /** Whether a function call of this name may reach the client. */
  allows(name: string): boolean;
  /**
   * What is wrong where a call was demanded and none came that fits; undefined where nothing is.
   *
   * @param called - the names of all calls in the output, "" for a call without one.
   */
  missing(called: Iterable<string>): string | undefined;
}

/** Any call may come, none has to. */
const FREE: ToolChoiceRule = { allows: () => true, missing: () => undefined };
const NONE: ToolChoiceRule = { allows: () => false, missing: () => undefined };
const REQUIRED: ToolChoiceRule = {
  allows: () => true,
  missing: (called) =>
    has(called, () => true)
      ? undefined
      : 'The agent called no tool, though tool_choice is "required".',
};

/**
 * The rule of a `tool_choice` (Open Responses 2026-04-24, M13: the server holds to it even where the agent
 * does not). What is of another form than `none`, `required`, a named function or `allowed_tools` is
 * between the client and the agent: no constraint.
 */
export function toolChoiceRule(choice: ToolChoice | null | undefined): ToolChoiceRule {
  if (choice === "none") return NONE;
  if (choice === "required") return REQUIRED;
  if (typeof choice !== "object" || choice === null) return FREE;
  if (choice.type === "function") {
    const name = functionName(choice);
    return name === undefined ? FREE : oneFunction(name);
  }
  if (choice.type !== "allowed_tools" || !Array.isArray(choice["tools"])) return FREE;
  // Nobody can call one of no tools.
  const required = choice["mode"] === "required" && choice["tools"].length > 0;
  return allowedTools(choice["tools"], required);
}

function oneFunction(name: string): ToolChoiceRule {
  return {
    allows: (other) => other === name,
    missing: (called) =>
      has(called, (other) => other === name)
        ? undefined
        : `The agent did not call the function that tool_choice names: ${name}.`,
  };
}

function allowedTools(tools: readonly unknown[], required: boolean): ToolChoiceRule {
  const names = new Set<string>();
  /** Tools of other kinds are listed by their type: their calls cannot be told apart by name. */
  let others = false;
  for (const tool of tools) {
    const name = functionName(tool);
    if (name === undefined) others = true;
    else names.add(name);
  }
  return {
    allows: (name) => names.has(name),
    missing: (called) =>
      !required || has(called, (name) => others || names.has(name))
        ? undefined
        : "The agent called none of the tools of which tool_choice requires one.",
  };
}

/** The name of a function tool, also in Chat Completions' form, which nests it. */
function functionName(tool: unknown): string | undefined {
  const given = tool as { type?: unknown; name?: unknown; function?: { name?: unknown } } | null;
  if (given?.type !== "function") return undefined;
  const name = given.name ?? given.function?.name;
  return typeof name === "string" ? name : undefined;
}

function has(names: Iterable<string>, fits: (name: string) => boolean): boolean {
  for (const name of names) if (fits(name)) return true;
  return false;
}
