import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  CHROMIUM_FLAGS,
  chromiumPath,
  findChromium,
  requirement,
  tempDir,
} from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import { bundleText } from "./support/bundle.js";
import { ID, lifeOf } from "./support/events.js";
import { DONE, frame, scriptedServer, sse } from "./support/scripted-server.js";

const run = promisify(execFile);
const events = lifeOf(["Grüße ", "aus ", "dem Browser 🌍"]);

/**
 * Streams over a drop, leaves a stream, asks for what is not there; writes what it saw into the page. Its
 * load waits for the image, so that the page is not dumped before.
 */
const page = (api: string, script: string): string => `<!doctype html><meta charset=utf-8>
<pre id=out></pre><img src=/until-done><script>${script.replaceAll("</script", "<\\/script")}
(async () => {
  const client = wheelhouse.createClient({ baseUrl: ${JSON.stringify(api)}, retryDelayMs: 1 });
  const numbers = [];
  const stream = client.responses.stream({ input: "hi" });
  for await (const event of stream) numbers.push(event.sequence_number);
  const text = await stream.finalText();
  const left = client.responses.stream({ input: "leave" });
  for await (const event of left) break;
  let refused;
  try { await client.responses.retrieve("unknown"); } catch (error) { refused = error.status; }
  return { numbers, text, refused, isSecure: isSecureContext };
})().then(JSON.stringify, String).then((result) => { out.textContent = result; return fetch('/done'); });
</script>`;

describe("Chromium", requirement("browser", findChromium).options, () => {
  test("streams across origins, resumes a dropped stream and leaves one", async () => {
    await using profile = await tempDir();
    const closed: Promise<void>[] = [];
    let posts = 0;
    await using api = await scriptedServer((seen, res) => {
      res.setHeader("access-control-allow-origin", "*");
      res.setHeader("access-control-allow-headers", "content-type, idempotency-key");
      if (seen.method === "OPTIONS") res.writeHead(204).end();
      else if (seen.url === "/responses/unknown") res.writeHead(404).end("{}");
      else if (seen.method === "GET") sse(res).end(events.slice(4).map(frame).join("") + DONE);
      else if (seen.body?.["input"] === "leave") {
        closed.push(seen.closed);
        sse(res).write(frame(events[0]));
      } else {
        posts++;
        // Ends in the middle of a frame.
        const bytes = Buffer.from(events.slice(0, 5).map(frame).join(""));
        const drop = (): void => void setTimeout(() => res.destroy(), 50);
        sse(res).write(bytes.subarray(0, bytes.length - 40), drop);
      }
    });
    const script = await bundleText({ format: "iife" });
    let finish = (): void => {};
    const done = new Promise<void>((resolve) => (finish = resolve));
    await using site = await scriptedServer(async ({ url }, res) => {
      if (url === "/until-done") await done;
      if (url === "/done") finish();
      if (url !== "/") res.writeHead(204).end();
      else res.writeHead(200, { "content-type": "text/html" }).end(page(api.url, script));
    });
    const flags = [...CHROMIUM_FLAGS, `--user-data-dir=${profile.path}`, "--dump-dom", site.url];
    const { stdout } = await run(chromiumPath(), flags, { timeout: 45_000, maxBuffer: 2 ** 24 });
    const seen = /<pre id="out">(.*?)<\/pre>/.exec(stdout)?.[1] ?? stdout;
    expect(JSON.parse(seen)).toEqual({
      numbers: events.map(({ sequence_number }) => sequence_number),
      text: "Grüße aus dem Browser 🌍",
      refused: 404,
      isSecure: true,
    });
    expect(posts).toBe(1);
    expect(api.seen.find(({ method }) => method === "GET")?.url).toBe(
      `/responses/${ID}?stream=true&starting_after=3`,
    );
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });
});
