import { createAgentServer } from "@wheelhouse/agent-server";
import { silentLogger } from "@wheelhouse/core";
import { onTestFinished } from "vitest";

/** Options of the server beside its agents. */
export type ServeOptions = Omit<NonNullable<Parameters<typeof createAgentServer>[0]>, "agents">;

/** Serves agents on a free loopback port until the running test ends; gives the base URL, without a slash. */
export async function serveAgents(agents: unknown, options: ServeOptions = {}): Promise<string> {
  const server = createAgentServer({ logger: silentLogger, ...options, agents });
  onTestFinished(() => server.close({ graceMs: 0 }));
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  return url;
}
