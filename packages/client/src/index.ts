// This file is the whole public surface of @wheelhouse/client.

// The client
export { createClient } from "./create-client.js";
export type { Client } from "./create-client.js";
export type {
  ClientOptions,
  Fetch,
  HeadersOption,
  RequestOptions,
  ResumeOptions,
} from "./options.js";

// Its parts
export type {
  AttachOptions,
  Responses,
  StreamOptions,
  WaitOptions,
} from "./resources/responses.js";
export type { CreateOptions } from "./resources/create-plan.js";
export type { ConversationBody, Conversations } from "./resources/conversations.js";
export type { InvocationOptions, Invocations } from "./resources/invocations.js";
export type { List, ListOptions, Page } from "./resources/list.js";

// Streams
export type { ResponseStream } from "./stream/response-stream.js";
export { isTerminal } from "./stream/is-terminal.js";
export { accumulate } from "./stream/accumulate.js";
export type { Accumulated } from "./stream/accumulate.js";
export { outputText } from "./output-text.js";

// What goes over the wire
export type { InputItemParam, ResponseCreateBody } from "./types/create-body.js";
export type { AgentOutputItem, AgentResponse, UnlistedItem } from "./types/response.js";
export type {
  ExtensionEvent,
  KnownStreamEvent,
  StreamEvent,
  UnlistedEvent,
} from "./types/stream-event.js";
export type {
  AgentInfo,
  Compaction,
  Conversation,
  Deleted,
  InputTokens,
  Model,
  StoredItem,
} from "./types/stored.js";
export type {
  InvocationBody,
  InvocationEvent,
  InvocationItem,
  InvocationResult,
} from "./types/invocation.js";
export type { UnlistedType } from "./types/unlisted.js";

// Errors
export { CLIENT_ERROR_KINDS, ClientError, isClientError } from "./errors/client-error.js";
export type { ClientErrorKind } from "./errors/client-error.js";
export { AgentFailedError } from "./errors/agent-failed-error.js";
export { ApiError } from "./errors/api-error.js";
export { ConnectionError } from "./errors/connection-error.js";
export { InvalidResponseError } from "./errors/invalid-response-error.js";
export { StreamInterruptedError } from "./errors/stream-interrupted-error.js";
export { TimeoutError } from "./errors/timeout-error.js";
