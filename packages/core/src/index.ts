// This file is the whole public surface of @wheelhouse/core.

// Errors
export { ERROR_CODES, isErrorCode } from "./errors/error-codes.js";
export type { ErrorCode, ErrorCodeEntry, ErrorType } from "./errors/error-codes.js";
export { AppError, isAppError } from "./errors/app-error.js";
export type { AppErrorOptions } from "./errors/app-error.js";
export { errorText, publicMessage, toAppError } from "./errors/to-app-error.js";
export type { ErrorVisibility } from "./errors/to-app-error.js";
export { isLogged, markLogged } from "./errors/logged.js";
export { detailBody, errorEnvelope } from "./errors/error-body.js";
export type { DetailBody, ErrorEnvelope } from "./errors/error-body.js";

// Credentials in what is logged or kept
export { isSecretName, REDACTED, redactSecrets } from "./secrets.js";

// Ids
export { createId, createSpanId, createTraceId, mlflowTraceId, randomHex } from "./ids.js";
export type {
  Branded,
  ConversationId,
  ItemId,
  MlflowTraceId,
  RequestId,
  ResponseId,
  SessionId,
  SpanId,
  TraceId,
  TurnId,
} from "./ids.js";

// Server-sent events
export { encodeSse, encodeSseComment, encodeSseData, SSE_DONE } from "./sse/encode-sse.js";
export type { SseFrame } from "./sse/encode-sse.js";
export { decodeSse } from "./sse/decode-sse.js";
export type { DecodeSseOptions } from "./sse/decode-sse.js";

// The Responses API: requests
export {
  Annotation,
  InputContent,
  InputFile,
  InputImage,
  InputMedia,
  InputText,
  OutputContent,
  OutputText,
  ReasoningText,
  Refusal,
  SummaryText,
} from "./responses/content.js";
export {
  InputFunctionCall,
  InputFunctionCallOutput,
  InputItem,
  InputMessage,
  InputReasoning,
  isOtherItemType,
  ItemReference,
  OTHER_ITEM_TYPES,
} from "./responses/input-items.js";
export type { OtherItem } from "./responses/input-items.js";
export {
  ChatContext,
  CreateResponseRequest,
  Metadata,
  RequestDisconnect,
  Tool,
  ToolChoice,
} from "./responses/create-request.js";
export { isPlainRequest } from "./responses/is-plain-request.js";
export { explainIssues, issuePath } from "./responses/explain-issues.js";
export type { IssueExplanation } from "./responses/explain-issues.js";

// The Responses API: responses and stream events
export {
  FunctionCall,
  FunctionCallOutput,
  ItemStatus,
  McpCall,
  OtherOutputItem,
  OutputItem,
  OutputMessage,
  ReasoningItem,
} from "./responses/output-items.js";
export { Response, ResponseError, ResponseStatus, Usage } from "./responses/response.js";
export { ResponseStreamEvent } from "./responses/stream-events.js";
export type { UnsequencedEvent } from "./responses/stream-events.js";

// MLflow's /invocations
export { InvocationRequest } from "./mlflow/invocation-request.js";
export { InvocationEvents, InvocationResponse } from "./mlflow/invocation-output.js";
export { isPlainInvocationResponse, isPlainOutputItem } from "./mlflow/is-plain-output.js";

// Schemas as documents
export { jsonSchemaOf } from "./json-schema.js";

// Stopping
export { LazyAbortController } from "./lazy-abort.js";
export type { AbortNotice } from "./lazy-abort.js";

// The assistant
export { AssistantEvent, AssistantItem, TurnStatus } from "./assistant/session-events.js";
export { AssistantBlock, AssistantWireEvents } from "./assistant/wire-events.js";
export type { AssistantWireEvent, AssistantWireEventName } from "./assistant/wire-events.js";

// What other packages are handed
export type {
  AbortCode,
  AbortReason,
  Agent,
  AgentContext,
  AgentHandler,
  AgentOptions,
  AgentRequest,
  ApprovalDecision,
  CrashPolicy,
  DisconnectPolicy,
  OverlapPolicy,
  ParseCustomInputs,
  ServerTools,
} from "./interfaces/agent.js";
export type {
  AssistantProvider,
  AssistantTurn,
  ProviderHealth,
} from "./interfaces/assistant-provider.js";
export { silentLogger } from "./interfaces/logger.js";
export type { Logger, LogMethod } from "./interfaces/logger.js";
export { isPart } from "./interfaces/part.js";
export type { Part } from "./interfaces/part.js";
export { formatTraceparent, idOnlyTracer, parseTraceparent } from "./interfaces/tracer.js";
export { spanScopes } from "./interfaces/span-scope.js";
export type { SpanScope } from "./interfaces/span-scope.js";
export type {
  ChildSpanOptions,
  ObservedEvent,
  Span,
  SpanAttribute,
  SpanStatus,
  SpanType,
  StartSpanOptions,
  TraceParent,
  Tracer,
} from "./interfaces/tracer.js";
export type { User } from "./interfaces/user.js";
