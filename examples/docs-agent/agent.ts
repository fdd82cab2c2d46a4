import { fileURLToPath } from "node:url";
import { ev, stream } from "@wheelhouse/agent-sdk";
import { chooseModel, type Environment } from "./choose-model.js";
import { composeAnswer } from "./compose-answer.js";
import { createSearch } from "./search.js";
import { terms } from "./terms.js";

const EXAMPLES = [
  "How do I write an agent?",
  "How do I stream?",
  "How do I stop a run?",
  "Which Node do I need?",
  "What is the default port?",
  "Can I use decorators?",
];
const examples = EXAMPLES.map((question) => `- ${question}\n`).join("");
const GREETING =
  "Hello. I answer questions about Wheelhouse from the documentation in this repository. For example:\n\n" +
  `${examples}\n` +
  "I find the section that fits and show you where it is. With OPENAI_API_KEY or ANTHROPIC_API_KEY set " +
  "when the server starts, a model writes the answer from those sections.";
const NOTHING_FOUND = `I found nothing about that in the documentation. I can be asked things like:\n\n${examples}`;
const MAX_QUESTION_LENGTH = 2_000;

/** What {@link createDocsAgent} takes. */
export interface DocsAgentOptions {
  /** The folder with README.md and docs/. */
  root: string;
  /** Where a model's key is looked for, at each question. Default `process.env`. */
  env?: Environment;
}

/** An agent that answers from a repository's Markdown, by search alone or with a model. */
export function createDocsAgent({ root, env = process.env }: DocsAgentOptions) {
  const search = createSearch(root);

  return stream({ name: "docs" }, async function* docsAgent(request, ctx) {
    const question = request.input_text.trim().slice(0, MAX_QUESTION_LENGTH);
    if (isSmallTalk(question)) {
      yield GREETING;
      return;
    }

    const callId = `call_${ctx.responseId}`;
    yield ev.call(callId, "search_docs", { query: question });
    const hits = await search(question);
    yield ev.result(
      callId,
      hits.map(({ section, coverage }) => ({
        title: section.title,
        section: section.id,
        coverage: Number(coverage.toFixed(2)),
      })),
    );
    if (hits.length === 0) {
      yield NOTHING_FOUND;
      return;
    }

    const choice = chooseModel(env);
    if (choice !== undefined) {
      let written = "";
      try {
        // Loaded when there is a key: without one the server starts faster.
        const { writeAnswer } = await import("./write-answer.js");
        const sections = hits.map(({ section }) => section);
        for await (const part of writeAnswer(choice, question, sections, ctx.signal)) {
          if (part.type === "text") {
            written += part.text;
            yield part.text;
            continue;
          }
          const { inputTokens, outputTokens, inputTokenDetails, outputTokenDetails } = part.usage;
          if (inputTokens !== undefined && outputTokens !== undefined)
            yield ev.usage(inputTokens, outputTokens, {
              cached: inputTokenDetails.cacheReadTokens,
              reasoning: outputTokenDetails.reasoningTokens,
            });
        }
        if (written === "") throw new Error("The model wrote nothing.");
        for (const [index, { id, title }] of sections.entries())
          if (written.includes(`[${index + 1}]`)) yield ev.cite(id, title);
        return;
      } catch (error) {
        if (ctx.signal.aborted) return;
        ctx.log.warn({ err: error, model: choice.name }, "the model failed");
        yield `${written === "" ? "" : "\n\n"}(The model ${choice.name} could not ${
          written === "" ? "answer" : "finish"
        }; the server's log says why. This comes from the search alone.)\n\n`;
      }
    }

    for (const piece of composeAnswer(question, hits)) {
      if (ctx.signal.aborted) return;
      yield piece;
    }
    const { id, title } = hits[0]!.section;
    yield ev.cite(id, title);
  });
}

/** Whether a message asks nothing: it is empty, a greeting, thanks, or a call for help. */
function isSmallTalk(message: string): boolean {
  return terms(message).every((term) => term === "help" || term === "there");
}

export const docs = createDocsAgent({ root: fileURLToPath(new URL("../../", import.meta.url)) });
