import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { type LanguageModel, type LanguageModelUsage, streamText } from "ai";
import type { ModelChoice } from "./choose-model.js";
import type { Section } from "./sections.js";

/** What a model's answer consists of. */
export type AnswerPart =
  | { type: "text"; text: string }
  | { type: "usage"; usage: LanguageModelUsage };

const MAX_SECTION_LENGTH = 3_000;
const MAX_OUTPUT_TOKENS = 2_000;
const TIMEOUT = { firstChunkMs: 30_000, chunkMs: 30_000, totalMs: 120_000 };

const INSTRUCTIONS = `You answer questions about Wheelhouse, a set of npm packages that serve agents from TypeScript.
Use only the numbered sections of its documentation that the question comes with. If they do not answer
the question, say so. Be short and practical: the steps, then the code, copied from a section rather than
invented. After each statement name the section it comes from, as [1].`;

/**
 * Lets a model write the answer from the sections. Throws what the model's server throws, and when it is
 * silent for 30 s or takes longer than 120 s; ends early when the signal aborts.
 */
export async function* writeAnswer(
  choice: ModelChoice,
  question: string,
  sections: readonly Section[],
  signal: AbortSignal,
): AsyncGenerator<AnswerPart, void, void> {
  const { stream } = streamText({
    model: modelOf(choice),
    instructions: INSTRUCTIONS,
    prompt: `${sections.map(numbered).join("\n\n")}\n\nQuestion: ${question}`,
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    maxRetries: 1,
    abortSignal: signal,
    timeout: TIMEOUT,
    // The error comes as a part of the stream too; the default would print it as well.
    onError: () => {},
  });
  for await (const part of stream) {
    if (part.type === "text-delta") yield { type: "text", text: part.text };
    else if (part.type === "error") throw part.error;
    else if (part.type === "finish") yield { type: "usage", usage: part.totalUsage };
    else if (part.type === "abort" && !signal.aborted) throw new Error("The model took too long.");
  }
}

function modelOf({ provider, name, apiKey, baseURL }: ModelChoice): LanguageModel {
  const settings = { apiKey, ...(baseURL === undefined ? {} : { baseURL }) };
  // Chat Completions is what every OpenAI-compatible server speaks.
  return provider === "openai"
    ? createOpenAI(settings).chat(name)
    : createAnthropic(settings)(name);
}

const numbered = ({ id, title, trail, body }: Section, index: number): string =>
  `[${index + 1}] ${[...trail, title].join(" > ")} (${id})\n${body.slice(0, MAX_SECTION_LENGTH)}`;
