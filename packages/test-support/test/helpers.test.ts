import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as TcpServer,
} from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  collectSse,
  freePort,
  rawRequest,
  soakSeconds,
  tempDir,
  until,
  type CollectedFrame,
} from "../src/index.js";

async function listening(server: HttpServer | TcpServer) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

describe("until", () => {
  test("resolves to the first value that holds", async () => {
    let looks = 0;
    expect(await until(() => (++looks === 3 ? `look ${looks}` : undefined))).toBe("look 3");
    expect(await until(() => (++looks > 5 ? 0 : null))).toBe(0);
  });

  test("takes a condition that throws for one that does not hold yet", async () => {
    let looks = 0;
    const value = await until(async () => {
      if (++looks < 3) throw new Error("not yet");
      return true;
    });
    expect(value).toBe(true);
  });

  test("rejects when the time is over, naming what it waited for and the last error", async () => {
    const cause = new Error("refused");
    await expect(until(() => Promise.reject(cause), { timeoutMs: 30, what: "a port" }))
      .rejects //
      .toMatchObject({ message: "Waited 30 ms for a port", cause });
  });

  test("does not hang on a condition that never settles", async () => {
    await expect(until(() => new Promise(() => {}), { timeoutMs: 30 })).rejects.toThrow(
      "Waited 30 ms",
    );
  });
});

describe("collectSse", () => {
  const stream = (parts: readonly string[], end: boolean) =>
    listening(
      createServer((_req, res) => {
        res.writeHead(200, { "content-type": "text/event-stream" });
        for (const part of parts) res.write(part);
        if (end) res.end();
      }),
    );

  test("reads data, event and id of each frame to the end", async () => {
    await using server = await stream(
      ["event: a\nid: 7\nda", "ta: one\n\n: ping\n\n", "data: [DONE]\n\n"],
      true,
    );
    const frames = await collectSse(await fetch(`http://127.0.0.1:${server.port}`));
    expect(frames).toEqual([
      { data: "one", event: "a", id: "7" },
      { data: "[DONE]", event: undefined, id: undefined },
    ] satisfies CollectedFrame[]);
  });

  test("ends at the frame asked for and lets the connection go", async () => {
    let left = false;
    await using server = await listening(
      createServer((_req, res) => {
        res.on("close", () => (left = true));
        res.writeHead(200, { "content-type": "text/event-stream" });
        res.write("data: 1\n\ndata: 2\n\ndata: 3\n\n");
      }),
    );
    const frames = await collectSse(await fetch(`http://127.0.0.1:${server.port}`), {
      until: (frame) => frame.data === "2",
    });
    expect(frames.map((frame) => frame.data)).toEqual(["1", "2"]);
    await until(() => left);
  });

  test("does not wait for ever, and tells what came", async () => {
    await using server = await stream(["data: only\n\n"], false);
    const response = await fetch(`http://127.0.0.1:${server.port}`);
    await expect(collectSse(response, { timeoutMs: 100 })).rejects.toThrow(
      'did not end within 100 ms; read: ["only"]',
    );
  });

  test("refuses what is no event stream, and shows it", async () => {
    await expect(
      collectSse(new Response("{}", { headers: { "content-type": "application/json" } })),
    ).rejects.toThrow("Not an event stream: 200 application/json {}");
  });
});

describe("rawRequest", () => {
  test("sends what no client would and returns every byte of the answer", async () => {
    await using server = await listening(createServer((_req, res) => res.end("never")));
    const answer = await rawRequest(server.port, "GET / HTTP/9.9\r\nHost: x\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 \d{3} /);
    expect(answer).not.toContain("never");
  });

  test("gives what came when the other side does not close in time", async () => {
    await using server = await listening(
      createTcpServer(
        (socket) =>
          void socket
            .on("error", () => {})
            .resume()
            .write("half"),
      ),
    );
    expect(await rawRequest(server.port, "hello", { timeoutMs: 100 })).toBe("half");
  });

  test("rejects when nothing listens", async () => {
    await expect(rawRequest(await freePort(), "hello")).rejects.toThrow("ECONNREFUSED");
  });
});

test("tempDir makes a folder of one's own and removes it with what is in it", async () => {
  let path: string;
  {
    await using folder = await tempDir();
    await using other = await tempDir();
    path = folder.path;
    expect(other.path).not.toBe(path);
    await writeFile(join(path, "file"), "x");
  }
  expect(existsSync(path)).toBe(false);
});

test("soakSeconds is 30 unless WHEELHOUSE_SOAK_SECONDS says otherwise", () => {
  expect(soakSeconds({})).toBe(30);
  expect(soakSeconds({ WHEELHOUSE_SOAK_SECONDS: "600" })).toBe(600);
  expect(() => soakSeconds({ WHEELHOUSE_SOAK_SECONDS: "long" })).toThrow("positive number");
  expect(() => soakSeconds({ WHEELHOUSE_SOAK_SECONDS: "0" })).toThrow("positive number");
});
