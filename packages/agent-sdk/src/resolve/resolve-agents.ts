import type { Agent, AgentHandler } from "@wheelhouse/core";
import type { HandlerKind } from "../define/agent-function.js";
import { isHandler, HANDLER } from "../define/handler.js";
import { defaultRegistry } from "../define/registry.js";
import { type AgentEntry, collectEntries } from "./collect-entries.js";

/** How agents are looked for. */
export interface ResolveAgentsOptions {
  /** Whether the default registry serves where the sources bring nothing. Default false. */
  readonly fallbackToDefaultRegistry?: boolean | undefined;
}

/** An agent that {@link resolveAgents} put together. */
export interface ResolvedAgent extends Agent {
  /** Ends the worker threads that the agent started. Safe to call twice. */
  close(): Promise<void>;
}

/** One half and where it came from. */
interface Half {
  readonly label: string;
  readonly handler: AgentHandler;
  close(): Promise<void>;
}

/**
 * Makes agents of an array of values or of a module's exports: handlers, registries, instances of
 * decorated classes, such classes themselves where they need no arguments, and ready-made agents.
 * Handlers of one name become the halves of one agent; missing halves stay missing.
 *
 * Throws an Error that names both sources where two have one name and kind, and one that lists what was
 * found where nothing is an agent. In an array every value must be one; in a record others are skipped.
 */
export function resolveAgents(
  sources: readonly unknown[] | Readonly<Record<string, unknown>>,
  options: ResolveAgentsOptions = {},
): ResolvedAgent[] {
  const { entries, others } = collectEntries(sources);
  if (Array.isArray(sources) && others.length > 0)
    throw new TypeError(`${others[0]}, not an agent`);
  if (entries.some((entry) => entry.halves.length > 0)) return group(entries);
  const registered = options.fallbackToDefaultRegistry === true ? defaultRegistry().handlers() : [];
  if (registered.length > 0) return group([{ label: "the default registry", halves: registered }]);
  const empty = entries.map(({ label }) => `${label} is an empty registry`);
  const found = [...others, ...empty].join("; ") || "there is nothing at all";
  throw new Error(
    `no agent found: ${found}. Export what invoke(fn) or stream(fn) gives, or an instance of a class ` +
      `with @invoke() or @stream() methods`,
  );
}

function group(entries: readonly AgentEntry[]): ResolvedAgent[] {
  const groups = new Map<string, Partial<Record<HandlerKind, Half>>>();
  for (const { label, halves, agent } of entries) {
    for (const given of halves) {
      const name = agent?.name ?? (isHandler(given) ? given.options.name : "agent");
      const halvesOfName = groups.get(name) ?? {};
      groups.set(name, halvesOfName);
      const rival = halvesOfName[given.kind];
      if (rival !== undefined) {
        throw new Error(
          `${rival.label} and ${label} are both the ${given.kind} function of agent "${name}": ` +
            `give one of them another name`,
        );
      }
      halvesOfName[given.kind] = serve(given, label, agent);
    }
  }
  return [...groups].map(([name, { invoke, stream }]) => ({
    name,
    invoke: invoke?.handler,
    stream: stream?.handler,
    close: async () => {
      await Promise.all([invoke?.close(), stream?.close()]);
    },
  }));
}

function serve(given: AgentHandler, label: string, agent: Agent | undefined): Half {
  if (agent !== undefined) {
    return { label, handler: given, close: async () => agent.close?.() };
  }
  return isHandler(given)
    ? { label, ...given[HANDLER].fork() }
    : { label, handler: given, close: async () => {} };
}
