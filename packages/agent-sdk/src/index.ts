// This file is the whole public surface of @wheelhouse/agent-sdk.

// Write an agent
export { invoke } from "./invoke.js";
export { stream } from "./stream.js";
export { ev } from "./ev.js";
export type { FileCitation } from "./ev.js";
export { HttpError } from "./http-error.js";
export type { HttpErrorOptions } from "./http-error.js";
export type {
  AuthoredEvent,
  AuthoredItem,
  AuthoredResult,
  HandlerKind,
  InvokeFunction,
  InvokeResult,
  StreamFunction,
  StreamResult,
  Yieldable,
} from "./define/agent-function.js";
export type { AnyCustomInputs, HandlerOptions, ResolvedOptions } from "./define/handler-options.js";
export type { StandardIssue, StandardResult, StandardSchema } from "./define/standard-schema.js";
export type { Handler } from "./define/handler.js";
export { isHandler } from "./define/handler.js";
export type { InvokeDecorator, StreamDecorator } from "./decorate/decorator.js";
export type {
  AgentContext,
  AgentRequest,
  ApprovalDecision,
  CrashPolicy,
  OverlapPolicy,
  Part,
} from "@wheelhouse/core";

// The context of a request
export {
  getContext,
  getRequestHeaders,
  runWithContext,
  setRequestHeaders,
} from "./context/request-context.js";

// Spans of one's own
export { trace } from "./trace/trace.js";
export type { TraceOptions } from "./trace/trace.js";
export { withSpan } from "./trace/with-span.js";
export type { ChildSpanOptions, Span, SpanAttribute, SpanType } from "@wheelhouse/core";

// Registries
export {
  createRegistry,
  defaultRegistry,
  getInvokeFunction,
  getStreamFunction,
} from "./define/registry.js";
export type { Registry } from "./define/registry.js";

// Serve agents
export { resolveAgents } from "./resolve/resolve-agents.js";
export type { ResolveAgentsOptions, ResolvedAgent } from "./resolve/resolve-agents.js";
