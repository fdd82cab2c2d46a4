import { invoke, stream } from "@wheelhouse/agent-sdk";
import { createAgentServer } from "@wheelhouse/agent-server";
import { createSqliteStore } from "@wheelhouse/store/sqlite";
import { answer, streamOf } from "./agent.js";
import { tellParent } from "./serve.js";
import { storeFile } from "./store-file.js";

/** Our own server with a SQLite store, as durable as it comes. */
const server = createAgentServer({
  agents: [invoke((request) => answer(request)), stream((request) => streamOf(request))],
  store: createSqliteStore({ path: storeFile() }),
});
const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
tellParent(port);
