import { tempDir } from "../temp-dir.js";
import { findRedis } from "./find-redis.js";
import { onFreePort } from "./on-free-port.js";
import { type RunningService, spawnService } from "./running-service.js";

/**
 * Starts an empty Redis on a free loopback port that writes nothing to disk. Throws where
 * {@link findRedis} finds none.
 */
export async function startRedis(): Promise<RunningService> {
  const found = findRedis();
  if ("missing" in found) throw new Error(found.missing);
  const folder = await tempDir("redis-");
  try {
    return await onFreePort(async (port) => {
      const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder.path];
      const service = await spawnService(
        found.path,
        [...args, "--save", "", "--appendonly", "no", "--daemonize", "no"],
        {
          cwd: folder.path,
          ready: /Ready to accept connections/,
          stopSignal: "SIGTERM",
          killSignal: "SIGKILL",
        },
      );
      return {
        url: `redis://127.0.0.1:${port}`,
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
