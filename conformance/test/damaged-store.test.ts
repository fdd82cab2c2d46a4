import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { invoke, stream } from "@wheelhouse/agent-sdk";
import { createSqliteStore } from "@wheelhouse/store/sqlite";
import { expect, test } from "vitest";
import { command, eventsOf, post, serve } from "./support/index.js";
import { create, fetchJson, replay } from "./support/stored.js";

async function tempFolder() {
  const path = await mkdtemp(join(tmpdir(), "wheelhouse-state-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const speaker = stream(async function* speaker() {
  yield "fine";
});

test("R73 a damaged record or log is reported, and everything else is served", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "state.db");
  const ids: string[] = [];
  {
    const store = createSqliteStore({ path });
    await using served = await serve({ agents: speaker, store });
    for (let at = 0; at < 4; at++) {
      const response = await post(`${served.url}/responses`, { input: "hi", stream: true });
      ids.push(/"id":"(resp_[0-9a-f]{24})"/.exec(await response.text())![1]!);
    }
    await served.server.close();
    await store.close();
  }
  const file = new DatabaseSync(path);
  const damage = file.prepare(
    "UPDATE records SET value = ? WHERE collection = 'responses' AND key LIKE ?",
  );
  expect(damage.run("{not json", `%${ids[0]}%`).changes).toBe(1);
  expect(damage.run('{"state":"active"}', `%${ids[1]}%`).changes).toBe(1);
  const log = "SELECT num FROM logs WHERE log_id LIKE ?";
  const garbage = file.prepare(`UPDATE segments SET events = ? WHERE log = (${log})`);
  expect(garbage.run("garbage", `%${ids[2]}%`).changes).toBeGreaterThan(0);
  file.close();

  const reports: unknown[] = [];
  const note = (...line: unknown[]): void => void reports.push(line);
  const logger = { debug: () => {}, info: () => {}, warn: note, error: note };
  const store = createSqliteStore({ path, logger });
  await using served = await serve({ agents: invoke(() => "new"), store, logger, leaseMs: 100 });
  for (const id of ids.slice(0, 2))
    expect((await fetchJson(`${served.url}/responses/${id}`)).status).toBe(404);
  for (const id of ids.slice(2))
    expect((await fetchJson(`${served.url}/responses/${id}`)).body["status"]).toBe("completed");
  const whole = eventsOf([...(await replay(served.url, ids[3]!)), { data: "[DONE]" }]);
  expect(whole.at(-1)!["type"]).toBe("response.completed");
  // Whatever comes of it, it comes to an end.
  await fetch(`${served.url}/responses/${ids[2]}?stream=true`)
    .then(async (response) => response.text())
    .catch(() => "cut off");
  expect((await create(served.url, { input: "hi" }))["status"]).toBe("completed");
  expect(reports.length).toBeGreaterThan(0);
  await served.server.close();
  await store.close();
});

test("R72 a state directory that cannot be used ends the start with the reason", async () => {
  await using folder = await tempFolder();
  await chmod(folder.path, 0o777);
  const module = join(import.meta.dirname, "fixtures", "agent.mjs");
  await using running = await command("start", module, "--port", "0", "--state-dir", folder.path);
  await expect(running.listening()).rejects.toThrow(/chmod 700.*--state-dir/);
  await chmod(folder.path, 0o700);
  await using again = await command("start", module, "--port", "0", "--state-dir", folder.path);
  const { url } = await again.listening();
  expect((await create(url, { input: "hi" }))["store"]).toBe(true);
  expect((await readFile(join(folder.path, "state.db"))).subarray(0, 15).toString()).toBe(
    "SQLite format 3",
  );
});
