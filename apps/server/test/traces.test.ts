import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { tempDir, until } from "@wheelhouse/test-support";
import { expect, test, vi } from "vitest";
import { ask, fixture, runCommand } from "./support/run-command.js";

vi.setConfig({ testTimeout: 45_000 });

const ARGS = ["start", fixture("plain-agent.mjs"), "--port", "0", "--json"];

interface Listed {
  readonly data: readonly { readonly trace_id: string; readonly status: string }[];
}

test("runs are traces in the state folder, served at /traces, and there after a restart", async () => {
  await using state = await tempDir();
  const env = { WHEELHOUSE_HOME: state.path };
  const list = async (url: string): Promise<Listed> =>
    (await (await fetch(`${url}/traces`)).json()) as Listed;
  let seen: string;
  {
    await using command = runCommand(ARGS, { env });
    const { url } = await command.listening();
    await (await ask(url, "hi")).text();
    const { data } = await list(url);
    expect(data).toHaveLength(1);
    expect(data[0]!.status).toBe("OK");
    seen = data[0]!.trace_id;
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("wheelhouse_runs_total");
    command.child.kill("SIGTERM");
    expect(await command.exit()).toBe(0);
  }
  expect(existsSync(join(state.path, "traces.db"))).toBe(true);
  await using again = runCommand(ARGS, { env });
  const { url } = await again.listening();
  expect((await list(url)).data.map(({ trace_id }) => trace_id)).toEqual([seen]);
});

test("B65 a backend that is down is told of once, and the end is not late", async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_BSP_SCHEDULE_DELAY: "1" };
  await using command = runCommand([...ARGS, "--grace", "3"], { env });
  const { url } = await command.listening();
  for (let n = 0; n < 3; n++) expect((await ask(url, "hi")).status).toBe(200);
  command.child.kill("SIGTERM");
  expect(await command.exit()).toBe(0);
  expect(command.stderr().split("OpenTelemetry backend").length - 1).toBeLessThanOrEqual(1);
});

test("a trace file that cannot be used costs traces, not the server", async () => {
  await using state = await tempDir();
  mkdirSync(join(state.path, "traces.db"));
  await using command = runCommand(ARGS, { env: { WHEELHOUSE_HOME: state.path } });
  const { url } = await command.listening();
  expect((await ask(url, "hi")).status).toBe(200);
  expect((await fetch(`${url}/traces`)).status).toBe(404);
  await until(() => command.stderr().includes("Traces are not kept"));
});

test("--no-store keeps no traces either", async () => {
  await using state = await tempDir();
  const env = { WHEELHOUSE_HOME: state.path };
  await using command = runCommand([...ARGS, "--no-store"], { env });
  const { url } = await command.listening();
  expect((await ask(url, "hi")).status).toBe(200);
  expect((await fetch(`${url}/traces`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
  expect(readdirSync(state.path).filter((name) => name.includes("traces"))).toEqual([]);
});

test("a variable that cannot be used is named", async () => {
  await using command = runCommand(ARGS, { env: { OTEL_TRACES_SAMPLER: "sometimes" } });
  expect(await command.exit()).toBe(1);
  expect(command.stderr() + command.stdout()).toContain("OTEL_TRACES_SAMPLER");
});
