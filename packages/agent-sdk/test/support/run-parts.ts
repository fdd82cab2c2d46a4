import {
  type AgentContext,
  type AgentRequest,
  idOnlyTracer,
  type ResponseId,
  silentLogger,
} from "@wheelhouse/core";

/** A context like the engine's. */
export function makeContext(overrides: Partial<AgentContext> = {}): AgentContext {
  const { signal = new AbortController().signal } = overrides;
  const span = idOnlyTracer.startSpan({ name: "test" });
  return {
    responseId: "resp_000000000000000000000000" as ResponseId,
    traceId: span.traceId,
    requestId: "req_000000000000000000000000",
    signal,
    draining: new AbortController().signal,
    deadline: undefined,
    headers: {},
    user: null,
    session: { id: "conv_1" },
    span,
    log: silentLogger,
    attempt: 1,
    isRecovery: false,
    recoveredItems: [],
    step: rememberedSteps(signal),
    approve: () => Promise.reject(abortReason("approval_pending")),
    ...overrides,
  };
}

/** A context's `step` like the engine's: results are JSON text in `memo`, and what fails is not kept. */
export function rememberedSteps(
  signal: AbortSignal,
  memo = new Map<string, Promise<string>>(),
): AgentContext["step"] {
  return async <Value>(name: string, fn: (signal: AbortSignal) => Value | PromiseLike<Value>) => {
    if (name === "") throw new TypeError("the name of a step must be given");
    let text = memo.get(name);
    if (text === undefined) {
      text = (async () => JSON.stringify(await fn(signal)))();
      memo.set(name, text);
      text.catch(() => memo.delete(name));
    }
    return JSON.parse(await text) as Value;
  };
}

/** A request like the engine's: `input_text` is there and not enumerable. */
export function makeRequest(text = "hi", customInputs: Record<string, unknown> = {}): AgentRequest {
  const request = { input: [{ role: "user", content: text }], custom_inputs: customInputs };
  return Object.defineProperty(request, "input_text", {
    get: () => text,
  }) as unknown as AgentRequest;
}

/** An abort reason like the engine's. */
export function abortReason(code: string): Error {
  return Object.assign(new Error(`the run was stopped: ${code}`), { code });
}

/** Everything that a handler's result gives when iterated. */
export async function readAll(result: unknown): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of (await result) as AsyncIterable<unknown>) values.push(value);
  return values;
}

/** Resolves when the condition holds; the test's own time limit ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
