import type { Agent, AgentHandler } from "@wheelhouse/core";
import { AppError } from "@wheelhouse/core";

/**
 * The half of an agent that answers: its own, or the other one where it may be derived (B24a). Throws
 * `no_handler` with MLflow's words (B23, B24).
 */
export function chooseHandler(agent: Agent, kind: AgentHandler["kind"]): AgentHandler {
  const own = agent[kind];
  if (own !== undefined) return own;
  const other = kind === "invoke" ? agent.stream : agent.invoke;
  if (other?.options.derive === true) return other;
  throw new AppError("no_handler", { message: `No ${kind} function registered` });
}

/**
 * The custom inputs as the agent's schema parsed them, or as they came: then there is nothing to wait for.
 * Rejects with `invalid_request`.
 */
export function parseCustomInputs(
  handler: AgentHandler,
  body: Record<string, unknown>,
): Promise<void> | undefined {
  const { parseCustomInputs: parse } = handler;
  if (parse === undefined) return undefined;
  const store = async (): Promise<void> => {
    body["custom_inputs"] = await parse(body["custom_inputs"] ?? {});
  };
  return store();
}
