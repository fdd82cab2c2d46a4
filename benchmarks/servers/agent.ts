/** The agent's work, the same for every server. */

const ITEM_ID = "msg_0123456789abcdef01234567";

/** How many deltas a stream of W2a has. */
export const DELTAS = 200;

/** How many deltas a stream of W2b has, and milliseconds between two of them. */
export const PACED_DELTAS = 50;
export const PACE_MS = 20;

/** The last user message's text, cut to 200 characters: the answer of W1. */
export function answer(body: unknown): object {
  const { input } = body as { input: { content: string }[] };
  return { output: [message(input.at(-1)!.content.slice(0, 200))] };
}

/** W2a: so many deltas without a pause, then the whole message. */
export async function* burst(deltas = DELTAS): AsyncGenerator<{ type: string }, void, void> {
  let whole = "";
  for (let count = 0; count < deltas; count++) {
    const delta = `word ${count} `;
    whole += delta;
    yield { type: "response.output_text.delta", item_id: ITEM_ID, delta } as { type: string };
  }
  yield { type: "response.output_item.done", item: message(whole) } as { type: string };
}

/** W3: one delta at once, the end a moment later, so that the first event is not the last. */
export async function* early(): AsyncGenerator<{ type: string }, void, void> {
  yield { type: "response.output_text.delta", item_id: ITEM_ID, delta: "first" } as {
    type: string;
  };
  await new Promise((resolve) => setTimeout(resolve, 2));
  yield { type: "response.output_item.done", item: message("first") } as { type: string };
}

/**
 * W2b and W7: {@link PACED_DELTAS} deltas, {@link PACE_MS} apart. Each says when it was yielded, by the
 * clock that all processes of a machine share.
 */
export async function* paced(): AsyncGenerator<{ type: string }, void, void> {
  let whole = "";
  for (let count = 0; count < PACED_DELTAS; count++) {
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    const delta = `@${sharedNow().toFixed(3)} `;
    whole += delta;
    yield { type: "response.output_text.delta", item_id: ITEM_ID, delta } as { type: string };
  }
  yield { type: "response.output_item.done", item: message(whole) } as { type: string };
}

/** Milliseconds of a clock that all processes of a machine share. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The stream a body asks for. */
export function streamOf(body: unknown): AsyncGenerator<{ type: string }, void, void> {
  const { metadata } = body as { metadata?: { workload?: string } };
  if (metadata?.workload === "early") return early();
  if (metadata?.workload === "paced") return paced();
  // W7: a log of 1,000 events and a few.
  return burst(metadata?.workload === "long" ? 1_000 : DELTAS);
}

function message(text: string): object {
  return {
    type: "message",
    id: ITEM_ID,
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}
