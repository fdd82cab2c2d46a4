import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { command, type Frame, type Json, type RunningProgram, until } from "./support/index.js";
import {
  create,
  fetchJson,
  postJson,
  range,
  readAndDrop,
  replay,
  sequence,
  untilStatus,
} from "./support/stored.js";

const MODULE = join(import.meta.dirname, "fixtures", "crash-agent.ts");

/** A folder that outlives the programs which use it. */
async function stateFolder() {
  const path = await mkdtemp(join(tmpdir(), "wheelhouse-crash-"));
  process.env["CRASH_JOURNAL"] = join(path, "journal");
  return {
    path,
    journal: async () =>
      (await readFile(join(path, "journal"), "utf8").catch(() => "")).split("\n").filter(Boolean),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function started(folder: string): Promise<RunningProgram & { readonly url: string }> {
  const running = await command(
    "start",
    MODULE,
    "--port",
    "0",
    "--state-dir",
    folder,
    "--lease",
    "0.5",
  );
  return Object.assign(running, { url: (await running.listening()).url });
}

/** Ends a program as the kernel ends one that has used up the memory: with no last words. */
async function killed(running: RunningProgram): Promise<void> {
  await running.stop("SIGKILL");
}

const eventsOf = async (url: string, id: string): Promise<Json[]> =>
  (await replay(url, id)).map(({ data }) => JSON.parse(data) as Json);

const isDelta = ({ event }: Frame): boolean => event === "response.output_text.delta";

const textsOf = (response: Json): unknown[] =>
  response["output"].map((item: Json) => item["content"]?.[0]?.text ?? item["type"]);

/** How far a run is when its process dies, and the event that tells. */
const STATES = [
  ["before the author has given anything", "before", "response.in_progress"],
  ["in the middle of a text", "text", "response.output_text.delta"],
  ["between two items", "between", "response.output_item.done"],
  ["in the middle of a call", "call", "response.output_item.done"],
  ["before its end", "end", "response.mcp_call.completed"],
] as const;

async function crashAt(
  folder: string,
  model: string,
  at: string,
  tells: string,
  fields: object = {},
): Promise<{ id: string; seen: Json[] }> {
  await using first = await started(folder);
  const { id } = (await create(first.url, {
    model,
    input: at,
    background: true,
    ...fields,
  })) as { id: string };
  let seen: Json[] = [];
  const reader = new AbortController();
  const response = await fetch(`${first.url}/responses/${id}?stream=true`, {
    signal: reader.signal,
  });
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    seen = text
      .slice(0, text.lastIndexOf("\n\n") + 1)
      .split("\n")
      .filter((line) => line.startsWith("data: "))
      .map((line) => JSON.parse(line.slice(6)) as Json);
    if (seen.some(({ type }) => type === tells)) break;
  }
  // Whatever else this attempt yields before its rest is on its way.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await killed(first);
  return { id, seen };
}

describe("a run whose process was killed", () => {
  for (const [name, at, tells] of STATES) {
    test(`B84 R68 ${name}: fails by default`, async () => {
      await using folder = await stateFolder();
      const { id, seen } = await crashAt(folder.path, "failing", at, tells);
      await using second = await started(folder.path);
      const ended = await untilStatus(second.url, id, "failed");
      expect(ended["error"]["code"]).toBe("task_timeout");
      const events = await eventsOf(second.url, id);
      expect(events.slice(0, seen.length)).toEqual(seen);
      expect(events.map((event) => event["sequence_number"])).toEqual(range(0, events.length - 1));
      expect(events.at(-1)).toMatchObject({ type: "response.failed", response: { id } });
      const added = events.filter(({ type }) => type === "response.output_item.added");
      const done = events.filter(({ type }) => type === "response.output_item.done");
      expect(new Set(done.map((event) => event["output_index"] as number))).toEqual(
        new Set(added.map((event) => event["output_index"] as number)),
      );
      expect(await folder.journal()).toHaveLength(at === "before" ? 1 : 2);
    });

    test(`B84 R67 R68 ${name}: begins anew where the agent says restart`, async () => {
      await using folder = await stateFolder();
      const { id, seen } = await crashAt(folder.path, "restarting", at, tells, {
        include: ["wheelhouse.events"],
      });
      await using second = await started(folder.path);
      const ended = await untilStatus(second.url, id, "completed");
      expect(textsOf(ended)).toEqual(["first 7", "mcp_call", "second of attempt 2"]);
      expect(ended["attempt_number"]).toBe(2);
      const events = await eventsOf(second.url, id);
      expect(events.slice(0, seen.length)).toEqual(seen);
      expect(events.map((event) => event["sequence_number"])).toEqual(range(0, events.length - 1));
      const resets = events.filter(({ type }) => type === "response.in_progress");
      expect(resets).toHaveLength(2);
      expect(resets[1]!["response"].output).toEqual([]);
      const resumed = events.find(({ type }) => type === "response.resumed")!;
      expect(resumed).toMatchObject({ attempt: 2, conversation_id: null });
      expect(resumed["from_seq"]).toBe(resets[1]!["sequence_number"]);
      const steps = (await folder.journal()).filter((line) => line.startsWith("step"));
      expect(steps).toHaveLength(1);
    });

    test(`B84 R68 ${name}: goes on where the agent says resume`, async () => {
      await using folder = await stateFolder();
      const { id, seen } = await crashAt(folder.path, "resuming", at, tells);
      await using second = await started(folder.path);
      const ended = await untilStatus(second.url, id, "completed");
      const events = await eventsOf(second.url, id);
      expect(events.slice(0, seen.length)).toEqual(seen);
      expect(sequence(await replay(second.url, id))).toEqual(range(0, events.length - 1));
      const [, reset] = events.filter(({ type }) => type === "response.in_progress");
      const kept = textsOf(reset!["response"]);
      expect(kept).toEqual(
        {
          before: [],
          text: [],
          between: ["first 7"],
          call: ["first 7"],
          end: ["first 7", "mcp_call"],
        }[at],
      );
      const all = textsOf(ended);
      expect(all.slice(0, kept.length)).toEqual(kept);
      expect(all.at(-1)).toBe("second of attempt 2");
      expect((await folder.journal()).filter((line) => line.startsWith("run")).at(-1)).toBe(
        `run resuming attempt 2 kept ${kept.length}`,
      );
      // Strict clients read the whole of it.
      const openai = new OpenAI({ baseURL: `${second.url}/v1`, apiKey: "unused" });
      const final = await openai.responses.stream({ response_id: id }).finalResponse();
      expect(final.output_text).toContain("second of attempt 2");
    });
  }

  test("B84 R68 while it was queued: runs after the one before it was settled", async () => {
    await using folder = await stateFolder();
    const ids: string[] = [];
    {
      await using first = await started(folder.path);
      for (let at = 0; at < 2; at++) {
        const made = await create(first.url, {
          model: "restarting",
          input: "text",
          background: true,
        });
        ids.push(made["id"]);
      }
      expect((await fetchJson(`${first.url}/responses/${ids[1]}`)).body["status"]).toBe("queued");
      await killed(first);
    }
    await using second = await started(folder.path);
    for (const id of ids) await untilStatus(second.url, id, "completed");
  });

  test("R68 one whose client streamed it in the foreground has failed", async () => {
    await using folder = await stateFolder();
    let id: string;
    let seen: readonly Frame[] = [];
    {
      await using first = await started(folder.path);
      const frames = readAndDrop(`${first.url}/responses`, {
        body: { model: "failing", input: "text", stream: true, disconnect: "cancel" },
        enough: (got) => {
          seen = got;
          return false;
        },
      });
      await until("the run has said something", () => seen.some(isDelta));
      await killed(first);
      id = (JSON.parse((await frames)[0]!.data) as { response: { id: string } }).response.id;
    }
    await using second = await started(folder.path);
    expect((await untilStatus(second.url, id, "failed"))["error"].code).toBe("task_timeout");
  });

  test("R62 R68 a client that comes back within its grace after a restart reads the rest", async () => {
    await using folder = await stateFolder();
    let id: string;
    let seen: readonly Frame[] = [];
    {
      await using first = await started(folder.path);
      const frames = readAndDrop(`${first.url}/responses`, {
        body: {
          model: "resuming",
          input: "between",
          stream: true,
          disconnect: { graceMs: 60_000 },
        },
        enough: (got) => {
          seen = got;
          return false;
        },
      });
      await until("the run has said something", () => seen.some(isDelta));
      await killed(first);
      id = (JSON.parse((await frames)[0]!.data) as { response: { id: string } }).response.id;
    }
    await using second = await started(folder.path);
    const rest = await replay(second.url, id, "&starting_after=1");
    expect(sequence(rest)[0]).toBe(2);
    expect(rest.at(-1)!.event).toBe("response.completed");
  });

  test("R68 a run that was asked to stop before the crash ends as cancelled", async () => {
    await using folder = await stateFolder();
    const { id } = await crashAt(folder.path, "restarting", "text", "response.output_text.delta");
    await using second = await started(folder.path);
    await until(
      "the run is there",
      async () => (await fetchJson(`${second.url}/responses/${id}`)).status === 200,
    );
    await postJson(`${second.url}/responses/${id}/cancel`);
    const ended = await untilStatus(second.url, id, "cancelled", "completed");
    expect(["cancelled", "completed"]).toContain(ended["status"]);
  });

  test("B55 R68 one that is left at a shutdown goes on at the next start", async () => {
    await using folder = await stateFolder();
    let id: string;
    {
      await using first = await command(
        "start",
        MODULE,
        "--port",
        "0",
        "--state-dir",
        folder.path,
        "--grace",
        "0.2",
      );
      const { url } = await first.listening();
      ({ id } = (await create(url, { model: "resuming", input: "between", background: true })) as {
        id: string;
      });
      await untilStatus(url, id, "in_progress");
      expect(await first.stop()).toBe(0);
    }
    await using second = await started(folder.path);
    const ended = await untilStatus(second.url, id, "completed");
    expect(ended["attempt_number"]).toBe(2);
  });
});

test("R68 two servers on one file serve, cancel and take over one another's runs", async () => {
  await using folder = await stateFolder();
  await using one = await started(folder.path);
  await using two = await started(folder.path);
  const first = await create(one.url, { model: "restarting", input: "text", background: true });
  const other = await fetchJson(`${two.url}/responses/${first["id"]}`);
  expect(other.body).toMatchObject({ id: first["id"], status: "in_progress" });
  const reading = replay(two.url, first["id"]);
  const cancelled = await postJson(`${two.url}/responses/${first["id"]}/cancel`);
  expect(cancelled.body["status"]).toBe("cancelled");
  expect((await reading).at(-1)!.event).toBe("response.failed");
  expect((await fetchJson(`${one.url}/responses/${first["id"]}`)).body["status"]).toBe("cancelled");

  const second = await create(one.url, { model: "restarting", input: "text", background: true });
  await untilStatus(two.url, second["id"], "in_progress");
  await killed(one);
  const ended = await untilStatus(two.url, second["id"], "completed");
  expect(ended["attempt_number"]).toBe(2);
});
