import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invoke, stream } from "@wheelhouse/agent-sdk";
import { createAgentServer } from "@wheelhouse/agent-server";
import { createSqliteTraceStore } from "@wheelhouse/store/sqlite";
import { createTracing } from "@wheelhouse/tracing";
import { answer, streamOf } from "./agent.js";
import { tellParent } from "./serve.js";

/** Our server with every run recorded into the local trace store, as the command does it. */
const folder = mkdtempSync(join(tmpdir(), "wheelhouse-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const store = createSqliteTraceStore({ path: join(folder, "traces.db") });
const { tracer } = createTracing({ env: {}, store });
const server = createAgentServer({
  agents: [invoke((request) => answer(request)), stream((request) => streamOf(request))],
  tracer,
});
const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
tellParent(port);
