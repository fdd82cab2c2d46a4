import { defaultRegistry, type Registry, resolveAgents } from "@wheelhouse/agent-sdk";
import { type Agent, AppError } from "@wheelhouse/core";

/** The name of an agent whose author gave none. */
const UNNAMED = "agent";

/** The agents a server serves. */
export interface AgentDirectory {
  list(): readonly Agent[];
  /** The agent a `/responses` request means by its `model` (architecture, Agents 3). Throws `model_not_found`. */
  forModel(model: string | null | undefined): Agent;
  /** The agent of `/invocations`: the only one, `default`, or the unnamed one. Throws `not_found`. */
  forInvocations(): Agent;
  /** Throws `not_found` naming the choices. */
  byName(name: string): Agent;
  close(): Promise<void>;
}

/** Agents given once, or read from a registry whenever a request comes. */
export function createAgentDirectory(
  sources: unknown,
  registry: Registry = defaultRegistry(),
): AgentDirectory {
  const { list, made } = sources === undefined ? registryAgents(registry) : givenAgents(sources);
  const choices = (): string =>
    list()
      .map(({ name }) => `'${name}'`)
      .join(", ") || "none";
  const find = (name: string): Agent | undefined => list().find((agent) => agent.name === name);
  const only = (): Agent | undefined => {
    const agents = list();
    // No agent at all is answered as one without functions is: no handler is registered (B23, B24).
    if (agents.length === 0) return { name: UNNAMED, invoke: undefined, stream: undefined };
    return agents.length === 1 ? agents[0] : undefined;
  };

  return {
    list,
    forModel(model) {
      const agent = find(model ?? "") ?? only() ?? find("default");
      if (agent !== undefined) return agent;
      throw new AppError("model_not_found", {
        message: model
          ? `The model '${model}' does not exist. Agents here: ${choices()}.`
          : `Several agents are served: name one in model. Agents here: ${choices()}.`,
        param: "model",
      });
    },
    forInvocations() {
      const agent = only() ?? find("default") ?? find(UNNAMED);
      if (agent !== undefined) return agent;
      throw new AppError("not_found", {
        message: `Several agents are served: use /agents/{name}/invocations. Agents here: ${choices()}.`,
      });
    },
    byName(name) {
      const agent = find(name);
      if (agent !== undefined) return agent;
      throw new AppError("not_found", {
        message: `No agent is named '${name}'. Agents here: ${choices()}.`,
      });
    },
    async close() {
      await Promise.all([...made].map(async (agent) => agent.close?.()));
    },
  };
}

interface Source {
  readonly list: () => readonly Agent[];
  /** All that were ever served: a registry's change must not leave worker threads behind. */
  readonly made: ReadonlySet<Agent>;
}

function givenAgents(sources: unknown): Source {
  const values: readonly unknown[] = Array.isArray(sources) ? sources : [sources];
  const agents = values.length === 0 ? [] : resolveAgents(values);
  return { list: () => agents, made: new Set(agents) };
}

/** A registry may be filled after the server is made, as MLflow's decorators are: it is read each time. */
function registryAgents(registry: Registry): Source {
  let known: ReturnType<Registry["handlers"]> = [];
  let agents: readonly Agent[] = [];
  const made = new Set<Agent>();
  return {
    made,
    list() {
      const handlers = registry.handlers();
      if (
        handlers.length !== known.length ||
        handlers.some((handler, at) => handler !== known[at])
      ) {
        agents = handlers.length === 0 ? [] : resolveAgents([registry]);
        known = handlers;
        for (const agent of agents) made.add(agent);
      }
      return agents;
    },
  };
}
