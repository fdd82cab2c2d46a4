import { createRegistry, invoke, stream } from "@wheelhouse/agent-sdk";
import { createAgentServer } from "@wheelhouse/agent-server";
import { beforeAll, describe, expect, test } from "vitest";
import { DELTA, DONE, events, IN, json, message, post, serve } from "./support/index.js";

describe("the default registry", () => {
  const registered = () => ({ output: [message("from the default registry")] });

  beforeAll(() => {
    invoke()(registered);
    stream()(async function* registered_() {
      yield DELTA;
      yield DONE;
    });
  });

  test("B58 refuses a second function of a kind", () => {
    expect(() => invoke()(() => "again")).toThrow("invoke decorator can only be used once");
    expect(() =>
      stream()(async function* again() {
        yield "again";
      }),
    ).toThrow("stream decorator can only be used once");
  });

  test("B58 leaves the function callable as it was", () => {
    expect(registered()).toEqual({ output: [message("from the default registry")] });
  });

  test("B58 the first one is what a server without agents serves", async () => {
    await using served = await serve();
    const response = await post(`${served.url}/invocations`, IN);
    expect(await json(response)).toEqual({ output: [message("from the default registry")] });
    const sent = await events(await post(`${served.url}/invocations`, { ...IN, stream: true }));
    expect(sent).toEqual([DELTA, DONE]);
  });
});

describe("several servers in one process", () => {
  const text = async (url: string, path = "/invocations") => {
    const { output } = await json(await post(`${url}${path}`, IN));
    return output[0].content[0].text;
  };

  test("B59 each answers with the agent of its own registry", async () => {
    const [first, second] = [createRegistry(), createRegistry()];
    first.invoke()(() => ({ output: [message("first")] }));
    second.invoke()(() => ({ output: [message("second")] }));
    await using one = await serve({ registry: first });
    await using two = await serve({ registry: second });
    expect(await Promise.all([text(one.url), text(two.url)])).toEqual(["first", "second"]);
    expect(await Promise.all([text(one.url, "/responses"), text(two.url, "/responses")])).toEqual([
      "first",
      "second",
    ]);
  });

  test("B59 each answers with its own agents, and closing one leaves the other", async () => {
    const handler = invoke(() => ({ output: [message("shared")] }));
    await using one = await serve({ agents: handler });
    await using two = await serve({ agents: [handler] });
    expect(await text(one.url)).toBe("shared");
    await one.server.close();
    expect(await text(two.url)).toBe("shared");
  });

  test("B59 instances of one decorated class keep their own state", async () => {
    class Greeter {
      readonly #name: string;
      constructor(name: string) {
        this.#name = name;
      }
      @invoke()
      greet() {
        return { output: [message(`I am ${this.#name}`)] };
      }
    }
    await using one = await serve({ agents: new Greeter("one") });
    await using two = await serve({ agents: new Greeter("two") });
    expect(await Promise.all([text(one.url), text(two.url)])).toEqual(["I am one", "I am two"]);
  });
});

describe("several agents in one server", () => {
  const named = (name: string) => invoke({ name }, () => ({ output: [message(name)] }));
  const text = async (response: Response) =>
    (await json(response))["output"][0].content[0].text as string;

  test("R4 /responses takes the agent that model names, and else says which there are", async () => {
    await using served = await serve({ agents: [named("a"), named("b")] });
    for (const model of ["a", "b"])
      expect(await text(await post(`${served.url}/responses`, { ...IN, model }))).toBe(model);
    for (const body of [IN, { ...IN, model: "c" }]) {
      const response = await post(`${served.url}/responses`, body);
      expect(response.status).toBe(404);
      const { error } = await json(response);
      expect(error).toMatchObject({ code: "model_not_found", param: "model" });
      expect(error.message).toMatch(/\ba\b.*\bb\b/);
    }
    const models = await json(await fetch(`${served.url}/v1/models`));
    expect(models["data"].map((model: { id: string }) => model.id).toSorted()).toEqual(["a", "b"]);
  });

  test("R4 an only agent answers for any model, one named default for unknown ones", async () => {
    await using only = await serve({ agents: named("a") });
    expect(await text(await post(`${only.url}/responses`, { ...IN, model: "gpt-5" }))).toBe("a");
    await using several = await serve({ agents: [named("a"), named("default")] });
    const response = await post(`${several.url}/responses`, { ...IN, model: "gpt-5" });
    expect(await text(response)).toBe("default");
  });

  test("R4 /agents/{name}/invocations takes any", async () => {
    await using served = await serve({ agents: [named("a"), named("b")] });
    for (const name of ["a", "b"])
      expect(await text(await post(`${served.url}/agents/${name}/invocations`, IN))).toBe(name);
    expect((await post(`${served.url}/agents/c/invocations`, IN)).status).toBe(404);
    const response = await post(`${served.url}/invocations`, IN);
    expect(response.status).toBe(404);
    expect((await json(response))["detail"]).toContain("/agents/");
  });

  test("R4 two agents of one name and kind are a start-up error that names them", () => {
    expect(() => createAgentServer({ agents: [named("twice"), named("twice")] })).toThrow("twice");
  });
});
