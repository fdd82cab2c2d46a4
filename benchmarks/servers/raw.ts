import { streamOf } from "./agent.js";
import { serveRaw } from "./serve-raw.js";

/** A bare `node:http` server: no validation, no context, no tracing; a write for each event. */
serveRaw(async (response, body) => {
  for await (const event of streamOf(body)) {
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  response.end("data: [DONE]\n\n");
});
