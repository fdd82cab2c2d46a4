import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a client of a chat model sent. */
export interface ChatRequest {
  model: string;
  stream?: boolean;
  messages: { role: string; content: unknown }[];
}

/** Answers one request of `POST /v1/chat/completions`. */
export type Script = (chat: ChatRequest, response: ServerResponse) => void | Promise<void>;

/** A model server that does as it is told and remembers what it was asked: OpenAI's Chat Completions, on loopback. */
export async function startModelServer(script: Script) {
  const requests: ChatRequest[] = [];
  const server = createServer((request, response) => {
    void readJson(request).then(async (chat) => {
      requests.push(chat);
      await script(chat, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends pieces of text as a model streams them, and what they cost. */
export function streamText(response: ServerResponse, pieces: readonly string[]): void {
  openStream(response);
  for (const content of pieces) sendPiece(response, content);
  const usage = { prompt_tokens: 321, completion_tokens: 7, total_tokens: 328 };
  const end = { ...chunk({}), choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
  response.write(`data: ${JSON.stringify(end)}\n\n`);
  response.write(`data: ${JSON.stringify({ ...chunk({}), choices: [], usage })}\n\n`);
  response.end("data: [DONE]\n\n");
}

export function openStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
}

export function sendPiece(response: ServerResponse, content: string): void {
  response.write(`data: ${JSON.stringify(chunk({ role: "assistant", content }))}\n\n`);
}

const chunk = (delta: object) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "scripted",
  choices: [{ index: 0, delta, finish_reason: null }],
});

async function readJson(request: IncomingMessage): Promise<ChatRequest> {
  let text = "";
  for await (const piece of request) text += String(piece);
  return JSON.parse(text) as ChatRequest;
}
