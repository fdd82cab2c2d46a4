// What the conformance tests share.

// Servers and agents
export { serve } from "./serve.js";
export type { ServerOptions } from "./serve.js";
export { DELTA, DONE, H, IN, looseInvoke, looseStream, MESSAGE, message, S } from "./handlers.js";

// The chat proxy
export { chatApp, rawGet, rawHead, serveProxied } from "./chat-app.js";

// Requests and answers
export { json, post } from "./post.js";
export { events, eventsOf, frames, liveFrames, next, parseFrames } from "./frames.js";
export type { Frame, Json } from "./frames.js";
export { legalStream } from "./legal-stream.js";
export { ofType, STREAM, streamed, TEXT_ITEM, texts, yielding } from "./stream-agent.js";
export { chunksOf, exchange, open, parseAnswer, rawPost } from "./raw-socket.js";

// Load
export { BrokenConnection, CHAOS_ACTS, checkWholeStream } from "./chaos-clients.js";
export { httpClient, readBody } from "./http-client.js";
export type { HttpClient, ReadPace } from "./http-client.js";
export { pacedLoad } from "./paced-load.js";
export { randomOf } from "./random.js";
export type { Random } from "./random.js";

// Programs
export { builtFile, command, commandWith, program } from "./program.js";
export type { RunningProgram } from "./program.js";

// What a server tells its operator
export { memoryLogger } from "./memory-logger.js";
export { MemoryTracer, RecordedSpan } from "./memory-tracer.js";

// Waiting
export { gate, until } from "./until.js";
