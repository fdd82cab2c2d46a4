import { streamOf } from "./agent.js";
import { serveRaw } from "./serve-raw.js";

/** Characters gathered at most before a write. */
const MAX_GATHERED = 16_384;

/** The bare server, with the events of one turn of the event loop in one write. */
serveRaw(async (response, body) => {
  let gathered = "";
  let scheduled = false;
  const flush = (): void => {
    scheduled = false;
    if (gathered === "") return;
    response.write(gathered);
    gathered = "";
  };
  for await (const event of streamOf(body)) {
    gathered += `data: ${JSON.stringify(event)}\n\n`;
    if (gathered.length > MAX_GATHERED) flush();
    else if (!scheduled) {
      scheduled = true;
      process.nextTick(flush);
    }
  }
  response.end(`${gathered}data: [DONE]\n\n`);
  gathered = "";
});
