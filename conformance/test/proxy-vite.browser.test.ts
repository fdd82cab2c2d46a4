import { cp, mkdir, readdir, realpath, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  findChromium,
  freePort,
  requirement,
  startChromium,
  tempDir,
} from "@wheelhouse/test-support";
import type * as Vite from "vite";
import { describe, expect, test } from "vitest";
import { command, serveProxied, until } from "./support/index.js";

const PAGE = `<!doctype html><title>Chat</title><p id="text"></p><script type="module" src="/src/main.js"></script>`;

const MAIN = `
import { text } from "./text.js";
const show = (text) => (document.querySelector("#text").textContent = text);
show(text);
window.loads = (window.loads ?? 0) + 1;
import.meta.hot.accept("./text.js", (next) => show(next.text));
`;

/**
 * Writes a chat app for Vite's development server, with Vite installed in it as npm would: from elsewhere Vite
 * serves parts of its client below `/@fs/`, which is not forwarded.
 */
async function writeApp(folder: string): Promise<void> {
  await writeFile(join(folder, "index.html"), PAGE);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await mkdir(join(folder, "src"));
  await writeFile(join(folder, "src/main.js"), MAIN);
  await writeFile(join(folder, "src/text.js"), 'export const text = "before";');
  const vite = dirname(createRequire(import.meta.url).resolve("vite/package.json"));
  const modules = join(folder, "node_modules");
  await cp(vite, join(modules, "vite"), { recursive: true, dereference: true });
  // What Vite itself depends on lies beside it in pnpm's store.
  for (const name of await readdir(dirname(vite))) {
    if (name !== "vite" && !name.startsWith("."))
      await symlink(await realpath(join(dirname(vite), name)), join(modules, name));
  }
}

describe("a Vite app in Chromium", requirement("browser", findChromium).options, () => {
  test("B87 B111 the page loads through the proxy, and a hot update arrives without a reload", async () => {
    await using folder = await tempDir();
    await writeApp(folder.path);
    const { createServer } = (await import(
      pathToFileURL(join(folder.path, "node_modules/vite/dist/node/index.js")).href
    )) as typeof Vite;
    const vite = await createServer({
      root: folder.path,
      configFile: false,
      logLevel: "silent",
      server: { port: await freePort(), host: "127.0.0.1", strictPort: true },
      optimizeDeps: { noDiscovery: true },
    });
    await vite.listen();
    try {
      const { port } = vite.config.server;
      await using served = await serveProxied(port, { preset: "vite" });
      await using page = await startChromium();
      await page.open(`${served.url}/`);
      const text = (): Promise<unknown> =>
        page.evaluate(`document.querySelector("#text")?.textContent`);
      await until("the page shows its text", async () => (await text()) === "before", 10_000);
      await until("its socket is open", () => served.proxy.stats().openTunnels === 1, 10_000);
      await page.evaluate("window.marked = true");
      await writeFile(join(folder.path, "src/text.js"), 'export const text = "after";');
      await until("the update is there", async () => (await text()) === "after", 10_000);
      // The page was not loaded again: what was put into it is still there.
      expect(await page.evaluate("[window.marked, window.loads]")).toEqual([true, 1]);
      for (const path of ["/@fs/etc/hostname", "/@fs/", "/.env", "/vite.config.js"]) {
        expect((await fetch(served.url + path)).status, path).toBe(404);
      }
    } finally {
      await vite.close();
    }
  });

  test("B87 the command starts Vite's development server, and nothing is left of it", async () => {
    await using folder = await tempDir();
    await writeApp(folder.path);
    const port = await freePort();
    const chatApp = `cd "${folder.path}" && "${process.execPath}" node_modules/vite/bin/vite.js --host 127.0.0.1 --port ${port} --strictPort`;
    const agent = join(import.meta.dirname, "fixtures/agent.mjs");
    const flags = ["--chat-app", chatApp, "--chat-app-port", String(port)];
    await using started = await command(
      "start",
      agent,
      "--port",
      "0",
      "--grace",
      "1",
      "--chat-app-preset",
      "vite",
      ...flags,
    );
    const { url } = await started.listening();
    await until(
      "the app answers",
      async () => (await fetch(`${url}/readyz`)).status === 200,
      20_000,
    );
    await using page = await startChromium();
    await page.open(`${url}/`);
    const text = (): Promise<unknown> =>
      page.evaluate(`document.querySelector("#text")?.textContent`);
    await until("the page shows its text", async () => (await text()) === "before", 10_000);
    await until("its socket is open", () =>
      page.console.some((line) => line.includes("connected.")),
    );
    await writeFile(join(folder.path, "src/text.js"), 'export const text = "after";');
    await until("the update is there", async () => (await text()) === "after", 10_000);
    expect(await started.stop()).toBe(0);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  });
});
