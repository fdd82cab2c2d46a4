import { createRegistry, invoke } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { IN, outputText, postJson } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";

/** Agents that answer with their names. */
const named = (...names: string[]) =>
  names.map((name) => looseInvoke(() => `I am ${name}`, { name }));

/** Who answers: an agent's name, or the status and the error's code. */
async function who(url: string, body: object): Promise<string> {
  const answer = await postJson(url, body);
  if (answer.status === 200) return outputText(answer.body["output"]).replace("I am ", "");
  return `${answer.status} ${answer.body["error"]?.code ?? ""}`.trim();
}

describe("who answers /responses (architecture, Agents 3)", () => {
  const table: [agents: string[], model: string | null | undefined, answers: string][] = [
    [["a"], undefined, "a"],
    [["a"], null, "a"],
    [["a"], "a", "a"],
    [["a"], "gpt-5", "a"],
    [["a", "b"], "b", "b"],
    [["a", "b"], "gpt-5", "404 model_not_found"],
    [["a", "b"], undefined, "404 model_not_found"],
    [["a", "default"], "gpt-5", "default"],
    [["a", "default"], undefined, "default"],
    [["a", "default"], "a", "a"],
    // The name of the unnamed one is a name like any other here.
    [["a", "agent"], undefined, "404 model_not_found"],
    [["a", "agent"], "agent", "agent"],
    [["a", "b"], "constructor", "404 model_not_found"],
    [["a", "b"], "", "404 model_not_found"],
  ];
  test.each(table)("agents %j, model %j: %s", async (names, model, answers) => {
    await using served = await serve({ agents: named(...names) });
    expect(await who(`${served.url}/responses`, { ...IN, model })).toBe(answers);
    expect(await who(`${served.url}/v1/responses`, { ...IN, model })).toBe(answers);
  });

  test("the 404 names the model and the choices", async () => {
    await using served = await serve({ agents: named("a", "b") });
    const { body } = await postJson(`${served.url}/responses`, { ...IN, model: "nope" });
    expect(body["error"]).toMatchObject({ param: "model", type: "not_found_error" });
    expect(body["message"]).toContain("'nope'");
    expect(body["message"]).toContain("'a', 'b'");
  });
});

describe("who answers /invocations", () => {
  const table: [agents: string[], answers: string][] = [
    [["a"], "a"],
    [["a", "default"], "default"],
    [["a", "agent"], "agent"],
    [["default", "agent"], "default"],
    [["a", "b"], "404"],
  ];
  test.each(table)("agents %j: %s", async (names, answers) => {
    await using served = await serve({ agents: named(...names) });
    // MLflow's wire ignores `model`.
    expect(await who(`${served.url}/invocations`, { ...IN, model: names[0] })).toBe(answers);
    for (const name of names)
      // oxlint-disable-next-line no-await-in-loop -- one after the other.
      expect(await who(`${served.url}/agents/${name}/invocations`, IN)).toBe(name);
  });

  test("the 404s say where to go", async () => {
    await using served = await serve({ agents: named("a", "b") });
    const none = await postJson(`${served.url}/invocations`, IN);
    expect(none.body["detail"]).toContain("/agents/{name}/invocations");
    const wrong = await postJson(`${served.url}/agents/c/invocations`, IN);
    expect([wrong.status, wrong.body["detail"]]).toEqual([
      404,
      expect.stringContaining("'a', 'b'"),
    ]);
  });
});

test("the halves of one name are one agent; others have their own", async () => {
  const agents = [
    looseInvoke(() => "whole", { name: "a" }),
    looseStream(() => "pieces", { name: "a" }),
    ...named("b"),
  ];
  await using served = await serve({ agents });
  expect(served.server.agentNames()).toEqual(["a", "b"]);
  const list = (await (await fetch(`${served.url}/v1/models`)).json()) as {
    data: { id: string }[];
  };
  expect(list.data.map(({ id }) => id)).toEqual(["a", "b"]);
  expect((await fetch(`${served.url}/models/b`)).status).toBe(200);
  expect((await fetch(`${served.url}/models/c`)).status).toBe(404);
});

describe("a registry", () => {
  test("B59 is read when a request comes: functions may enter after the server listens", async () => {
    const registry = createRegistry();
    await using served = await serve({ registry });
    const url = `${served.url}/invocations`;
    expect(await postJson(url, IN)).toMatchObject({
      status: 500,
      body: { detail: "No invoke function registered" },
    });
    registry.invoke({ name: "late" })(() => "I am late");
    expect(await who(url, IN)).toBe("late");
    expect(served.server.agentNames()).toEqual(["late"]);
    registry.clear();
    expect((await postJson(url, IN)).status).toBe(500);
    registry.invoke()(() => "I am new");
    expect(await who(url, IN)).toBe("new");
  });

  test("B59 two servers with two registries answer each with its own", async () => {
    const [one, other] = [createRegistry(), createRegistry()];
    one.invoke()(() => "I am one");
    other.invoke()(() => "I am other");
    await using first = await serve({ registry: one });
    await using second = await serve({ agents: [other] });
    expect(await who(`${first.url}/responses`, IN)).toBe("one");
    expect(await who(`${second.url}/responses`, IN)).toBe("other");
  });

  test("functions of two names in it are two agents", async () => {
    const registry = createRegistry();
    registry.invoke({ name: "a" })(() => "I am a");
    registry.stream({ name: "default" })(function* () {
      yield "I am default";
    });
    await using served = await serve({ registry });
    expect(await who(`${served.url}/responses`, IN)).toBe("default");
    expect(await who(`${served.url}/responses`, { ...IN, model: "a" })).toBe("a");
  });
});

test("two agents of one name and kind are refused when the server is made", async () => {
  const twice = [invoke(() => "1"), invoke(() => "2")];
  await expect(serve({ agents: twice })).rejects.toThrow(/agents\[0\].*agents\[1\]/);
  await expect(serve({ agents: [{}] })).rejects.toThrow(TypeError);
});
