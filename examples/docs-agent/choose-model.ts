/** Where a model is and what it is called. */
export interface ModelChoice {
  provider: "openai" | "anthropic";
  name: string;
  apiKey: string;
  /** Undefined for the provider's own address. */
  baseURL: string | undefined;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The model that the environment offers: OpenAI's with `OPENAI_API_KEY`, else Anthropic's with
 * `ANTHROPIC_API_KEY`, else none. `DOCS_AGENT_MODEL` names another one of that provider;
 * `OPENAI_BASE_URL` and `ANTHROPIC_BASE_URL` point to a compatible server.
 */
export function chooseModel(env: Environment): ModelChoice | undefined {
  const name = env["DOCS_AGENT_MODEL"];
  if (env["OPENAI_API_KEY"])
    return {
      provider: "openai",
      name: name || "gpt-5-mini",
      apiKey: env["OPENAI_API_KEY"],
      baseURL: env["OPENAI_BASE_URL"] || undefined,
    };
  if (env["ANTHROPIC_API_KEY"])
    return {
      provider: "anthropic",
      name: name || "claude-haiku-4-5",
      apiKey: env["ANTHROPIC_API_KEY"],
      baseURL: env["ANTHROPIC_BASE_URL"] || undefined,
    };
  return undefined;
}
