import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { createHttpServer } from "../src/index.js";
import { json, OWN, route } from "./support/routes.js";

const ROUTES = [route("GET /own", OWN, ({ local }) => json({ local }))];

test("B57: without a host it binds 127.0.0.1", async () => {
  const server = createHttpServer({ routes: ROUTES });
  const address = await server.listen({ port: 0 });
  expect(address.host).toBe("127.0.0.1");
  expect(address.url).toBe(`http://127.0.0.1:${address.port}`);
  expect(await (await fetch(`${address.url}/own`)).json()).toEqual({ local: true });
  await server.close();
});

test("localhost and ::1 are loopback", async () => {
  for (const host of ["localhost", "::1", "[::1]"]) {
    const server = createHttpServer({ routes: ROUTES });
    const { url } = await server.listen({ port: 0, host });
    expect((await fetch(`${url}/own`)).status).toBe(200);
    await server.close();
  }
});

test("a taken port, a bad port and a bad host are told in words", async () => {
  const one = createHttpServer({ routes: [] });
  const { port } = await one.listen({ port: 0 });
  const two = createHttpServer({ routes: [] });
  await expect(two.listen({ port })).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${port}: something else is listening there.`,
  );
  await expect(two.listen({ port: 65_536 })).rejects.toThrow("port must be a whole number");
  await expect(two.listen({ port: 1.5 })).rejects.toThrow("port must be a whole number");
  await expect(two.listen({ port: 0, host: "" })).rejects.toThrow("host must not be empty");
  await expect(two.listen({ port: 0, host: "no.such.host.invalid" })).rejects.toThrow(
    "Cannot listen on no.such.host.invalid",
  );
  await expect(one.listen({ port: 0 })).rejects.toThrow("listening already");
  // A failed attempt leaves the server usable.
  await two.listen({ port: 0 });
  await Promise.all([one.close(), two.close()]);
  await expect(one.listen({ port: 0 })).rejects.toThrow("closed");
});

test("closing while it begins to listen leaves nothing listening", async () => {
  const server = createHttpServer({ routes: [] });
  const listening = server.listen({ port: 0 });
  await server.close();
  await expect(listening).rejects.toThrow("closed");
});

test("a Unix socket counts as loopback", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wheelhouse-"));
  const server = createHttpServer({ routes: ROUTES });
  const socketPath = join(folder, "s");
  await server.listen({ socketPath });
  const body = await new Promise<string>((resolve, reject) => {
    httpRequest({ socketPath, path: "/own", headers: { host: "localhost" } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve(text));
    })
      .on("error", reject)
      .end();
  });
  expect(JSON.parse(body)).toEqual({ local: true });
  await server.close();
  await rm(folder, { recursive: true });
});

test("Express is loaded when it is asked for, not before", async () => {
  const { cache } = createRequire(import.meta.url);
  const isLoaded = (): boolean =>
    Object.keys(cache).some((file) => file.includes("/node_modules/express/"));
  const server = createHttpServer({ routes: ROUTES });
  const { url } = await server.listen({ port: 0 });
  expect((await fetch(`${url}/own`)).status).toBe(200);
  expect(isLoaded()).toBe(false);
  expect(server.router).toBe(server.router);
  expect(isLoaded()).toBe(true);
  await server.close();
});
