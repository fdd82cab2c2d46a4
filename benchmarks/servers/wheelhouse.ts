import { invoke, stream } from "@wheelhouse/agent-sdk";
import { createAgentServer } from "@wheelhouse/agent-server";
import { answer, streamOf } from "./agent.js";
import { tellParent } from "./serve.js";

/** Our own server as anybody gets it: every default, nothing turned off. */
const server = createAgentServer({
  agents: [invoke((request) => answer(request)), stream((request) => streamOf(request))],
});
const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
tellParent(port);
