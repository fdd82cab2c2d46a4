import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { findPostgres, requirement, startPostgres } from "../src/index.js";

const run = promisify(execFile);

async function psql(url: string, sql: string): Promise<string> {
  const found = findPostgres();
  if ("missing" in found) throw new Error(found.missing);
  const args = ["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql, url];
  return (await run(join(found.path, "psql"), args, { timeout: 10_000 })).stdout.trim();
}

describe("startPostgres", requirement("services", findPostgres).options, () => {
  test("starts a real PostgreSQL and leaves nothing of it", async () => {
    let pid: number;
    {
      await using postgres = await startPostgres();
      pid = postgres.pid;
      expect(await psql(postgres.url, "create table t (n int)")).toBe("CREATE TABLE");
      expect(await psql(postgres.url, "insert into t values (41), (1)")).toBe("INSERT 0 2");
      expect(await psql(postgres.url, "select sum(n) from t")).toBe("42");
    }
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
