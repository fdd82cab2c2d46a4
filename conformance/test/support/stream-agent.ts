import { frames, type Json } from "./frames.js";
import { IN, looseStream } from "./handlers.js";
import { type LegalStream, legalStream } from "./legal-stream.js";
import { post } from "./post.js";
import { serve } from "./serve.js";

/** The body IN, streamed. */
export const STREAM = { ...IN, stream: true } as const;

/** Serves agents on `/responses`, streams one answer and holds it against the rules. */
export async function streamed(agents: unknown): Promise<LegalStream> {
  await using served = await serve({ agents });
  const response = await post(`${served.url}/responses`, STREAM);
  const type = response.headers.get("content-type");
  if (response.status !== 200 || type?.startsWith("text/event-stream") !== true)
    throw new Error(`${response.status} ${type} is no stream: ${await response.text()}`);
  return legalStream(await frames(response));
}

/** The same of an agent that yields what is given. */
export const yielding = (...given: unknown[]): Promise<LegalStream> =>
  streamed(
    looseStream(async function* yields() {
      yield* given;
    }),
  );

/** The events of a type. */
export const ofType = (events: readonly Json[], type: string): Json[] =>
  events.filter((event) => event["type"] === type);

/** The text of each item of a response. */
export const texts = (response: Json): string[] =>
  response["output"].map((item: Json) => item["content"]?.[0]?.text);

/** The events of a message whose text came in one piece. */
export const TEXT_ITEM = [
  "response.output_item.added",
  "response.content_part.added",
  "response.output_text.delta",
  "response.output_text.done",
  "response.content_part.done",
  "response.output_item.done",
] as const;
