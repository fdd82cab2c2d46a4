import { startChildServer } from "../lib/child-server.js";
import { CHECKS, earlyAnswers } from "./checks.js";
import { startRecordingApp } from "./recording-app.js";

const PROXIES = {
  wheelhouse: "proxy-wheelhouse",
  "http-proxy-3": "proxy-http-proxy-3",
  httpxy: "proxy-httpxy",
} as const;
const EARLY = "early 413 of an app that does not read";
const ALIVE = "the process is alive at the end";

/** Puts every proxy through every check and prints the table as Markdown; a result that a safe proxy would not give is bold. */
export async function proxyTable(): Promise<void> {
  const names = [...CHECKS.map(({ name }) => name), EARLY, ALIVE];
  const columns: string[][] = [];
  for (const server of Object.values(PROXIES)) columns.push(await column(server));
  const rows = [
    ["check", ...Object.keys(PROXIES)],
    ["---", ...columns.map(() => "---")],
    ...names.map((name, at) => [name.replaceAll("|", "\\|"), ...columns.map((cells) => cells[at])]),
  ];
  console.log(rows.map((row) => `| ${row.join(" | ")} |`).join("\n"));
}

async function column(server: string): Promise<string[]> {
  const cells: string[] = [];
  let isAlive = true;
  for (const check of CHECKS) {
    // What one check leaves behind in a proxy's pool is not the next one's to find.
    const app = await startRecordingApp();
    const proxy = await startChildServer(server, app.port);
    try {
      const result = await check.run(proxy.port, app).catch((error: unknown) => String(error));
      cells.push(check.passes(result) ? result : `**${result}**`);
      isAlive &&= await proxy.cpuUs().then(
        () => true,
        () => false,
      );
    } finally {
      await proxy.close();
      app.close();
    }
  }
  const early = await earlyAnswers((port) => startChildServer(server, port));
  cells.push(/^1[12] /.test(early) ? early : `**${early}**`, isAlive ? "yes" : "**no**");
  return cells;
}
