/** One frame of a server-sent event stream, as it stood on the wire. */
export interface Frame {
  event?: string;
  id?: string;
  data: string;
}

/** An event of a stream: the JSON of a frame's data. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = Record<string, any>;

/** Parses one frame by hand, so that the server's own codec is not its own judge; undefined for a comment. */
function parseFrame(block: string): Frame | undefined {
  const frame: Partial<Frame> = {};
  for (const line of block.split("\n")) {
    if (line.startsWith(":")) continue;
    const colon = line.indexOf(": ");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 2);
    if (name === "data") frame.data = frame.data === undefined ? value : `${frame.data}\n${value}`;
    else if (name === "event" || name === "id") frame[name] = value;
    else throw new Error(`not a line of an event stream: ${JSON.stringify(line)}`);
  }
  return frame.data === undefined ? undefined : { ...frame, data: frame.data };
}

/** Parses a whole body. Throws when it does not end with a whole frame. */
export function parseFrames(text: string): Frame[] {
  const blocks = text.split("\n\n");
  const rest = blocks.pop();
  if (rest !== "") throw new Error(`the stream ends inside a frame: ${JSON.stringify(rest)}`);
  return blocks.flatMap((block) => parseFrame(block) ?? []);
}

/** Reads a stream to its end. */
export async function frames(response: Response): Promise<Frame[]> {
  return parseFrames(await response.text());
}

/** The JSON of every frame but `[DONE]`, which has to be the last and only once there. */
export function eventsOf(all: readonly Frame[]): Json[] {
  const done = all.findIndex((frame) => frame.data === "[DONE]");
  if (done !== all.length - 1) throw new Error(`[DONE] is not last: ${JSON.stringify(all)}`);
  return all.slice(0, -1).map((frame) => JSON.parse(frame.data) as Json);
}

/** Reads a stream to its end and gives its events. */
export async function events(response: Response): Promise<Json[]> {
  return eventsOf(await frames(response));
}

/** Reads a stream frame by frame, while it is being written. */
export async function* liveFrames(response: Response): AsyncGenerator<Frame, void, void> {
  if (response.body === null) throw new Error("the answer has no body");
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const frame = parseFrame(block);
      if (frame !== undefined) yield frame;
    }
  }
}

/** The next frame of a live stream. Throws when there is none. */
export async function next(live: AsyncGenerator<Frame, void, void>): Promise<Frame> {
  const step = await live.next();
  if (step.done === true) throw new Error("the stream has ended");
  return step.value;
}
