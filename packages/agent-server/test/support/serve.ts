import { type AgentServer, type AgentServerOptions, createAgentServer } from "../../src/index.js";

/** A listening server; closes at the end of an `await using` block. */
export interface Served extends AsyncDisposable {
  readonly server: AgentServer;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
}

/** Serves agents on a free port of the loopback interface. */
export async function serve(options: AgentServerOptions = {}): Promise<Served> {
  const server = createAgentServer(options);
  const { url, port } = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    server,
    url,
    port,
    [Symbol.asyncDispose]: () => server.close({ graceMs: 0 }),
  };
}
