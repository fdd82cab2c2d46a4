import { invoke, stream } from "@wheelhouse/agent-sdk";
import { aborted } from "./gate.js";

/** An agent that ends only when it is told to, and what a test can see of its end. */
export interface EndlessAgent {
  readonly agents: readonly unknown[];
  /** How many runs began. */
  started: number;
  /** How many runs reached their `finally` block. */
  ended: number;
  /** The codes of `signal.reason`, in the order in which runs were told to stop. */
  readonly reasons: unknown[];
}

/** Makes an agent whose runs go on until their signal aborts. */
export function createEndlessAgent(): EndlessAgent {
  const agent: EndlessAgent = { agents: [], started: 0, ended: 0, reasons: [] };
  const untilAborted = async (signal: AbortSignal): Promise<void> => {
    await aborted(signal);
    agent.reasons.push((signal.reason as { code?: unknown }).code);
  };
  const endlessStream = stream(async function* endlessStream(_request, { signal }) {
    agent.started += 1;
    try {
      yield "still ";
      yield "running";
      await untilAborted(signal);
    } finally {
      agent.ended += 1;
    }
  });
  const endlessInvoke = invoke(async function endlessInvoke(_request, { signal }) {
    agent.started += 1;
    try {
      await untilAborted(signal);
      return "too late";
    } finally {
      agent.ended += 1;
    }
  });
  return Object.assign(agent, { agents: [endlessStream, endlessInvoke] });
}
