// `npm run bench -- w1 --rounds 6`: bundles the benchmark and its servers from the sources, so that what
// is measured is what is in the folder, then runs it. The bundles are gone when it ends.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
// Inside node_modules, so that Express and zod are found from there and no tool looks at it.
const cache = join(here, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const out = mkdtempSync(join(cache, "bench-"));
try {
  await build({
    absWorkingDir: here,
    entryPoints: {
      main: "main.ts",
      raw: "servers/raw.ts",
      "raw-per-turn": "servers/raw-per-turn.ts",
      express: "servers/express.ts",
      wheelhouse: "servers/wheelhouse.ts",
      "chat-app": "servers/chat-app.ts",
      "proxy-wheelhouse": "servers/proxy-wheelhouse.ts",
      "proxy-http-proxy-3": "servers/proxy-http-proxy-3.ts",
      "proxy-httpxy": "servers/proxy-httpxy.ts",
      "proxy-nginx": "servers/proxy-nginx.ts",
      "wheelhouse-sqlite": "servers/wheelhouse-sqlite.ts",
      "store-memory": "servers/store-memory.ts",
      "store-per-event": "servers/store-per-event.ts",
      "store-sqlite": "servers/store-sqlite.ts",
      "wheelhouse-traced": "servers/wheelhouse-traced.ts",
    },
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    conditions: ["@wheelhouse/source"],
    // One copy of each for every server; the second is CommonJS, which an ESM bundle cannot hold.
    external: ["zod", "express", "ws", "helmet", "undici", "http-proxy-3", "httpxy"],
    logLevel: "warning",
  });
  const child = spawn(process.execPath, [join(out, "main.mjs"), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  const code = await new Promise((resolve) => child.on("exit", (status) => resolve(status ?? 1)));
  process.exitCode = code;
} finally {
  rmSync(out, { recursive: true, force: true });
}
