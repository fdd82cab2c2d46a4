import { createAgentServer } from "@wheelhouse/agent-server";
import { createProxy } from "@wheelhouse/proxy";
import { chatAppPort, tellParent } from "./serve.js";

/** Our proxy as the command has it: behind an agent server, every check on. */
/** What the table of checks asks of every proxy; loads never come near it. */
const LIMITS = { firstByteTimeoutMs: 1_500 };

const server = createAgentServer({ chatProxy: createProxy({ target: chatAppPort(), ...LIMITS }) });
const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
tellParent(port);
