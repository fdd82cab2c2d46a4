import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { CHROMIUM_FLAGS, chromiumPath, findChromium, requirement, tempDir } from "../src/index.js";

const run = promisify(execFile);

describe("Chromium", requirement("browser", findChromium).options, () => {
  test("runs a loopback page with its script", async () => {
    await using profile = await tempDir();
    const page = "<p id=sum></p><script>sum.textContent = `sum ${40 + 2}`</script>";
    const server = createServer((_req, res) => {
      res.writeHead(200, { "content-type": "text/html" }).end(page);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const flags = [...CHROMIUM_FLAGS, `--user-data-dir=${profile.path}`, "--dump-dom", url];
      const { stdout } = await run(chromiumPath(), flags, { timeout: 45_000 });
      expect(stdout).toContain('<p id="sum">sum 42</p>');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
