import { describe, expect, test } from "vitest";
import { findRedis, rawRequest, requirement, startRedis, until } from "../src/index.js";

const resp = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
const quit = resp("QUIT");

describe("startRedis", requirement("services", findRedis).options, () => {
  test("starts a real Redis and leaves nothing of it", async () => {
    let pid: number;
    {
      await using redis = await startRedis();
      pid = redis.pid;
      expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
      expect(await rawRequest(redis.port, resp("PING") + quit)).toBe("+PONG\r\n+OK\r\n");
    }
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("each is empty and independent of the others", async () => {
    await using one = await startRedis();
    await using two = await startRedis();
    await rawRequest(one.port, resp("SET", "key", "value") + quit);
    expect(await rawRequest(one.port, resp("GET", "key") + quit)).toContain("value");
    expect(await rawRequest(two.port, resp("DBSIZE") + quit)).toContain(":0");
  });

  test("can be killed by a test and is still cleaned up", async () => {
    await using redis = await startRedis();
    process.kill(redis.pid, "SIGKILL");
    const refused = await until(() =>
      rawRequest(redis.port, quit).then(
        () => undefined,
        (error: unknown) => String(error),
      ),
    );
    expect(refused).toContain("ECONNREFUSED");
  });
});
