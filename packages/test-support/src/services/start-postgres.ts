import { execFile } from "node:child_process";
import { chown } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { tempDir } from "../temp-dir.js";
import { findPostgres } from "./find-postgres.js";
import { onFreePort } from "./on-free-port.js";
import { type RunningService, spawnService } from "./running-service.js";

const run = promisify(execFile);
const INITDB_MS = 60_000;

/**
 * Starts an empty PostgreSQL on a free loopback port, superuser `postgres` without a password,
 * database `postgres`, durability off. It refuses to run as root, so root runs it as the system's
 * user `postgres`, else `nobody`. Throws where {@link findPostgres} finds none.
 */
export async function startPostgres(): Promise<RunningService> {
  const found = findPostgres();
  if ("missing" in found) throw new Error(found.missing);
  const account = await unprivilegedAccount();
  const folder = await tempDir("postgres-");
  try {
    if (account !== undefined) await chown(folder.path, account.uid, account.gid);
    const data = join(folder.path, "data");
    const asAccount = { cwd: folder.path, ...account };
    await run(
      join(found.path, "initdb"),
      ["--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"],
      { ...asAccount, timeout: INITDB_MS, env: { ...process.env, LC_ALL: "C" } },
    );
    return await onFreePort(async (port) => {
      const settings = [
        `port=${port}`,
        "listen_addresses=127.0.0.1",
        // The default folder of its socket may not exist or not be writable.
        "unix_socket_directories=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "logging_collector=off",
        "log_destination=stderr",
      ];
      const service = await spawnService(
        join(found.path, "postgres"),
        ["-D", data, ...settings.flatMap((setting) => ["-c", setting])],
        {
          ...asAccount,
          ready: /ready to accept connections/,
          // Fast shutdown: does not wait for clients; immediate shutdown: takes its children along.
          stopSignal: "SIGINT",
          killSignal: "SIGQUIT",
        },
      );
      return {
        url: `postgres://postgres@127.0.0.1:${port}/postgres`,
        port,
        pid: service.pid,
        [Symbol.asyncDispose]: async () => {
          await service[Symbol.asyncDispose]();
          await folder[Symbol.asyncDispose]();
        },
      };
    });
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whom root runs the server as; undefined when this process is not root's. */
async function unprivilegedAccount(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all([
        run("id", ["-u", name], { timeout: 5_000 }),
        run("id", ["-g", name], { timeout: 5_000 }),
      ]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // No such user: the next one.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody");
}
