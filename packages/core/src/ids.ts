declare const brand: unique symbol;

/** A string that must not be mixed up with another kind of id. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `resp_` and 24 hex digits. */
export type ResponseId = Branded<"ResponseId">;
/** An output item's id: a short prefix for its kind and 24 hex digits, or the author's own. */
export type ItemId = Branded<"ItemId">;
/** `conv_` and 24 hex digits. */
export type ConversationId = Branded<"ConversationId">;
/** `req_` and 24 hex digits: one per HTTP request, in `x-request-id`. */
export type RequestId = Branded<"RequestId">;
/** A lower-case dashed UUID. */
export type SessionId = Branded<"SessionId">;
/** `turn_` and 24 hex digits. */
export type TurnId = Branded<"TurnId">;
/** 32 lower-case hex digits, not all zero: W3C Trace Context section 3.2.2.3. */
export type TraceId = Branded<"TraceId">;
/** 16 lower-case hex digits, not all zero. */
export type SpanId = Branded<"SpanId">;
/** `tr-` and a {@link TraceId}: MLflow's form. */
export type MlflowTraceId = Branded<"MlflowTraceId">;

const POOL_BYTES = 4096;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/** Random lower-case hex digits, two a byte. One call to the system's generator serves hundreds of ids. */
export function randomHex(bytes: number): string {
  if (bytes > POOL_BYTES) return randomHex(POOL_BYTES) + randomHex(bytes - POOL_BYTES);
  if (used + bytes > POOL_BYTES) {
    globalThis.crypto.getRandomValues(pool);
    used = 0;
  }
  let hex = "";
  for (const end = used + bytes; used < end; used++) hex += HEX[pool[used]!]!;
  return hex;
}

/** A new id: the prefix, an underscore and 24 hex digits (96 random bits). */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the id it makes.
export function createId<Id extends string = string>(prefix: string): Id {
  return `${prefix}_${randomHex(12)}` as Id;
}

/** A random W3C trace id. */
export function createTraceId(): TraceId {
  const id = randomHex(16);
  return (/^0+$/.test(id) ? createTraceId() : id) as TraceId;
}

/** A random W3C span id. */
export function createSpanId(): SpanId {
  const id = randomHex(8);
  return (/^0+$/.test(id) ? createSpanId() : id) as SpanId;
}

/** MLflow's name for a trace. */
export function mlflowTraceId(traceId: TraceId): MlflowTraceId {
  return `tr-${traceId}` as MlflowTraceId;
}
