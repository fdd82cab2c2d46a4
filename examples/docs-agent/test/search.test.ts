import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSearch } from "../search.js";
import { ROOT } from "./support/paths.js";
import { tempDocs } from "./support/temp-docs.js";

const search = createSearch(ROOT);
const best = async (question: string) => (await search(question))[0]?.section.id;

/** Exactly this section. */
const at = (id: string): RegExp => new RegExp(`^${id.replaceAll(".", "\\.")}$`);

describe("a question finds its page", () => {
  test.each([
    ["how do I stop a run?", at("docs/guide/stop-a-run.md#stop-a-run")],
    ["How do I cancel?", /^docs\/guide\/background-and-resume\.md#cancel/],
    ["how do I stream?", at("docs/guide/streaming.md#streaming")],
    ["streming", at("docs/guide/streaming.md#streaming")],
    ["how do I write an agent?", at("docs/guide/write-an-agent.md#write-an-agent")],
    ["what is the default port", at("docs/guide/configuration.md#default-host-and-port")],
    ["which Node do I need?", at("docs/guide/getting-started.md#which-node-you-need")],
    ["can I use decorators?", at("docs/guide/decorators.md#decorators")],
    ["how do I deploy with docker", at("docs/guide/deploy.md#in-a-container-docker")],
    ["how do I authenticate users", /authentication$/],
    ["what happens if my handler throws", /^docs\/guide\/errors\.md/],
    ["express", /^docs\/guide\/serve-in-your-express-app\.md/],
    ["where are the error codes", at("docs/reference/error-codes.md#error-codes")],
    ["how to migrate from mlflow", /^docs\/migration-from-mlflow\.md/],
    ["conversation history", at("docs/guide/openai-sdk.md#a-conversation")],
    ["graceful shutdown", at("docs/guide/deploy.md#shutdown")],
    ["what is wheelhouse", at("README.md#wheelhouse")],
  ])("%s", async (question, expected) => {
    expect(await best(question)).toMatch(expected);
  });

  test.each(["asdfgh", "tell me a joke", "who won the world cup?", "Wie spät ist es?", "", "?!"])(
    "%j finds nothing",
    async (question) => {
      expect(await search(question)).toEqual([]);
    },
  );
});

describe("createSearch", () => {
  test("notices files that are changed, added and removed", async () => {
    await using docs = await tempDocs({ "docs/a.md": "# Apples\n\nRed ones." });
    const find = createSearch(docs.root);
    expect((await find("apples"))[0]?.section.id).toBe("docs/a.md#apples");

    await docs.write("docs/a.md", "# Pears\n\nGreen ones.");
    // Two writes within the clock's grain would look alike.
    await utimes(join(docs.root, "docs/a.md"), new Date(), new Date(Date.now() + 5_000));
    await docs.write("docs/deep/b.md", "# Plums\n\nBlue ones.");
    expect(await find("apples")).toEqual([]);
    expect((await find("pears"))[0]?.section.id).toBe("docs/a.md#pears");
    expect((await find("plums"))[0]?.section.id).toBe("docs/deep/b.md#plums");

    await docs.remove("docs/deep/b.md");
    expect(await find("plums")).toEqual([]);
  });

  test("reads the READMEs of packages and no other folder", async () => {
    await using docs = await tempDocs({
      "README.md": "# Root\n\nzebra",
      "packages/x/README.md": "# X\n\nzebra",
      "packages/x/notes.md": "# Notes\n\nzebra",
      "secrets/a.md": "# Secret\n\nzebra",
    });
    const found = (await createSearch(docs.root)("zebra")).map(({ section }) => section.file);
    expect(found.toSorted()).toEqual(["README.md", "packages/x/README.md"]);
  });

  test("questions at the same time all get an answer", async () => {
    await using docs = await tempDocs({ "README.md": "# Apples\n\nRed ones." });
    const find = createSearch(docs.root);
    const found = await Promise.all(Array.from({ length: 20 }, () => find("apples")));
    expect(found.every((hits) => hits.length === 1)).toBe(true);
  });

  test("an empty folder answers nothing", async () => {
    await using docs = await tempDocs({});
    expect(await createSearch(docs.root)("anything")).toEqual([]);
  });

  test("a very long question is answered in time", async () => {
    const started = performance.now();
    await search("how do I stop a run? ".repeat(5_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
