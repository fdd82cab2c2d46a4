import type { OutputItem, Part, Response, ServerTools, UnsequencedEvent } from "@wheelhouse/core";
import { AppError, createId, isOtherItemType, isPart } from "@wheelhouse/core";
import {
  argumentsText,
  callIdOf,
  outputText,
  reportedError,
  resultCallIds,
  stringOf,
  stringValues,
} from "./assemble/author-values.js";
import { checkPart } from "./assemble/check-part.js";
import { createItemScope, type ItemScope, type ScopeStart } from "./assemble/item-scope.js";
import { kindOf } from "./assemble/kind-of.js";
import { OpenItems } from "./assemble/open-items.js";
import { plainJson } from "./assemble/plain-json.js";
import { acceptRawEvent } from "./assemble/raw-events.js";
import { ToolCalls } from "./assemble/tool-calls.js";
import { UsageTotal } from "./assemble/usage-total.js";
import type { OutputBudget } from "./output-budget.js";
import type { ToolChoiceRule } from "./tool-choice.js";

/** What an assembler is told of the run. */
export interface AssemblerOptions {
  /** The response at its start; the assembler fills in what the run gives. */
  readonly response: Response;
  readonly serverTools: ServerTools | undefined;
  readonly defaultServerTools: ServerTools;
  /** Names of the functions the client declared. */
  readonly declaredTools: ReadonlySet<string>;
  /** What the client's `tool_choice` demands. */
  readonly toolChoice: ToolChoiceRule;
  /** The agent's name. */
  readonly label: string;
  /** Whether the client asked for events outside OpenAI's union (`include: ["wheelhouse.events"]`). */
  readonly customEvents: boolean;
  /** Whether the client asked for `reasoning.encrypted_content`. Default true. */
  readonly encryptedReasoning?: boolean | undefined;
  /** Makes item ids. Default {@link createId}. */
  readonly newId?: ((prefix: string) => string) | undefined;
  /** The room that `max_output_tokens` leaves. Default: no limit. */
  readonly budget?: OutputBudget | undefined;
  /** What an earlier attempt left behind: the run goes on after it. */
  readonly resumed?: ScopeStart | undefined;
}

/** Why a run failed, as the response object tells it. */
export interface RunFailure {
  readonly code: string;
  readonly type: string;
  readonly message: string;
  readonly param: string | null;
}

/**
 * Makes whatever an author yields a legal Responses sequence: `created` and `in_progress` first, every
 * item added, filled and done, exactly one terminal event, ids and indexes given here, no text twice.
 * Each call gives the events it led to.
 */
export class Assembler {
  readonly options: AssemblerOptions;
  readonly items: OpenItems;
  readonly calls: ToolCalls;
  readonly usage = new UsageTotal();
  readonly scope: ItemScope;
  /** Set by the author: the answer is not whole. */
  incomplete: string | undefined;
  /** Fields of the author's own response object that go into ours. */
  readonly extras: { custom_outputs?: unknown; metadata?: Record<string, string> } = {};
  /** Raw life cycles that the author began and has not ended: nested ones count as one each. */
  openLifecycles = 0;
  /** Items' ids of the author's that came already, so that a closing response object does not bring them again. */
  readonly seenIds = new Set<string>();
  /** Call ids by the author's item ids: argument events name only the item. */
  readonly callIds = new Map<string, string>();
  readonly #scopeState: ReturnType<typeof createItemScope>;
  #events: UnsequencedEvent[] = [];
  #created = false;
  #begun = false;

  constructor(options: AssemblerOptions) {
    this.options = options;
    this.#scopeState = createItemScope({
      emit: (event) => this.#events.push(event),
      newId: options.newId ?? createId,
      budget: options.budget,
      start: options.resumed,
    });
    this.scope = this.#scopeState.scope;
    this.items = new OpenItems(this.scope, options.encryptedReasoning ?? true);
    this.calls = new ToolCalls(this.scope, {
      serverTools: options.serverTools,
      defaultForm: options.defaultServerTools,
      declared: options.declaredTools,
      toolChoice: options.toolChoice,
      label: options.label,
    });
  }

  /** True when the author has said that the answer stops here, or its output was cut. */
  isStopped(): boolean {
    return this.incomplete !== undefined || this.scope.isSpent();
  }

  /** The begin of a run that has to wait for a place: {@link start} follows when it has one. */
  queue(): UnsequencedEvent[] {
    const response = this.#snapshot("queued");
    this.#created = true;
    this.scope.emit({ type: "response.created", response });
    this.scope.emit({ type: "response.queued", response });
    return this.#take();
  }

  start(): UnsequencedEvent[] {
    const response = this.#snapshot("in_progress");
    // An earlier attempt, or the wait for a place, has announced the response.
    if (!this.#created && this.options.resumed === undefined)
      this.scope.emit({ type: "response.created", response });
    this.#created = true;
    this.#begun = true;
    this.scope.emit({ type: "response.in_progress", response });
    return this.#take();
  }

  /** The response as far as it has come, with what is open. */
  snapshot(): Response {
    const response = this.#snapshot(this.#begun ? "in_progress" : "queued");
    const open = [...this.items.snapshots(), ...this.calls.snapshots()];
    if (open.length === 0) return response;
    const output = [...response.output, ...open.toSorted(([a], [b]) => a - b).map(([, i]) => i)];
    return { ...response, output };
  }

  /** One yield: a string, a part, or a raw Responses event. Throws `invalid_agent_output` for anything else. */
  accept(value: unknown): UnsequencedEvent[] {
    if (typeof value === "string") this.#addText(value);
    else if (isPart(value)) this.#acceptPart(value);
    else if (isTyped(value)) acceptRawEvent(this, value);
    else
      throw new AppError("invalid_agent_output", {
        message: `Invalid data for ResponsesAgentStreamEvent: expected a string, a part or an event with a string type, got ${kindOf(value)}.`,
      });
    return this.#take();
  }

  /** A whole result: a string, a part, parts, items, or a response object with `output`. */
  acceptResult(value: unknown): UnsequencedEvent[] {
    if (typeof value === "string" || isPart(value)) return this.accept(value);
    if (Array.isArray(value)) {
      this.calls.expectResults(resultCallIds(value));
      for (const entry of value) {
        if (this.isStopped()) break;
        this.#acceptEntry(entry);
      }
      return this.#take();
    }
    if (typeof value !== "object" || value === null || !("output" in value))
      throw new AppError("invalid_agent_output", {
        message: `Invalid data for ResponsesAgentResponse: expected an object with output, got ${kindOf(value)}.`,
      });
    const given = plainJson(value as Record<string, unknown>);
    if (typeof given["output"] === "string") this.#addText(given["output"]);
    else if (Array.isArray(given["output"])) this.acceptItems(given["output"]);
    else
      throw new AppError("invalid_agent_output", {
        message: `Invalid data for ResponsesAgentResponse: output: expected a string or an array, got ${kindOf(given["output"])}.`,
      });
    this.acceptResponseFields(given);
    return this.#take();
  }

  /**
   * The end of a run that went well. Throws `invalid_agent_output` where the client demanded a call that
   * did not come; an answer that stops half-way need not have come to it.
   */
  end(): UnsequencedEvent[] {
    if (this.openLifecycles > 0)
      throw new AppError("agent_error", {
        message: "The agent's stream ended without a terminal event.",
      });
    if (this.scope.isSpent()) this.incomplete ??= "max_output_tokens";
    const status = this.incomplete === undefined ? "completed" : "incomplete";
    this.calls.close(status);
    this.items.closeAll(status);
    const missing =
      status === "completed" &&
      this.options.toolChoice.missing(calledNames(this.#scopeState.output()));
    if (missing) throw new AppError("invalid_agent_output", { message: missing });
    const response = this.#snapshot(status);
    this.scope.emit({ type: `response.${status}`, response });
    return this.#take();
  }

  /** The end of a run that failed: what is open is incomplete, then `error` and `response.failed`. */
  fail(failure: RunFailure): UnsequencedEvent[] {
    // Events of the call that threw half-way are legal, and their items are closed here.
    this.calls.close("incomplete");
    this.items.closeAll("incomplete");
    const { code, type, message, param } = failure;
    // Both flat and nested: openai-python reads the one, @ai-sdk/open-responses the other.
    this.scope.emit({ type: "error", code, message, param, error: { type, code, message, param } });
    this.scope.emit({ type: "response.failed", response: this.#snapshot("failed", failure) });
    return this.#take();
  }

  /** The end of a run that somebody cancelled: what is open is incomplete; no event of OpenAI's says it better. */
  cancel(): UnsequencedEvent[] {
    this.calls.close("incomplete");
    this.items.closeAll("incomplete");
    this.scope.emit({ type: "response.failed", response: this.#snapshot("cancelled") });
    return this.#take();
  }

  /** A whole list of items: which calls have a result in it is known from the start. */
  acceptItems(items: readonly unknown[]): void {
    this.calls.expectResults(resultCallIds(items));
    for (const item of items) {
      if (this.isStopped()) return;
      this.acceptItem(item);
    }
  }

  /** One whole output item of the author's. */
  acceptItem(item: unknown): void {
    if (!isTyped(item))
      throw new AppError("invalid_agent_output", {
        message: `Invalid data for ResponsesAgentResponse: an output item must be an object with a string type, got ${kindOf(item)}.`,
      });
    if (typeof item["id"] === "string") this.seenIds.add(item["id"]);
    switch (item.type) {
      case "message":
        this.calls.release();
        this.items.completeMessage(item);
        return;
      case "reasoning":
        this.calls.release();
        this.items.endKeyless();
        this.items.completeReasoning(item);
        return;
      case "function_call": {
        this.items.endKeyless();
        const callId = callIdOf(item);
        this.calls.begin(callId, stringOf(item["name"]), item["id"]);
        this.calls.complete(callId, argumentsText(item["arguments"]));
        return;
      }
      case "function_call_output":
        this.items.endKeyless();
        this.calls.result(callIdOf(item), outputText(item["output"]), false, item["id"]);
        return;
      default:
        if (!isOtherItemType(item.type))
          throw new AppError("invalid_agent_output", {
            message: `Invalid data for ResponsesAgentResponse: "${item.type}" is not the type of an output item.`,
          });
        this.calls.release();
        this.items.completePassed(item);
    }
  }

  /** What a response object of the author's says beside its output. */
  acceptResponseFields(given: Readonly<Record<string, unknown>>): void {
    if (given["usage"] != null) this.usage.addObject(given["usage"]);
    if (given["custom_outputs"] != null) this.extras.custom_outputs = given["custom_outputs"];
    if (typeof given["metadata"] === "object" && given["metadata"] !== null)
      this.extras.metadata = stringValues(given["metadata"]);
    if (given["status"] === "incomplete" || given["incomplete_details"] != null)
      this.incomplete =
        stringOf((given["incomplete_details"] as { reason?: unknown } | null)?.reason) ||
        "max_output_tokens";
    if (given["status"] === "failed" || given["error"] != null) throw reportedError(given["error"]);
  }

  #acceptPart(part: Part): void {
    checkPart(part);
    switch (part.$part) {
      case "text":
        this.#addText(part.text, part.id);
        return;
      case "reasoning":
        this.calls.release();
        this.items.reasoning(part.id).add("summary", part.text, 0);
        return;
      case "refusal":
        this.calls.release();
        this.items.message(part.id).addRefusal(part.text);
        return;
      case "call":
        this.items.endKeyless();
        this.calls.begin(part.callId, part.name);
        this.calls.complete(part.callId, part.arguments);
        return;
      case "callArgs":
        this.items.endKeyless();
        this.calls.addArguments(part.callId, part.delta, part.name);
        return;
      case "result":
        this.items.endKeyless();
        this.calls.result(part.callId, part.output, part.isError ?? false);
        return;
      case "cite":
        this.items.cite(part.annotation, part.id);
        return;
      case "item":
        this.acceptItem(plainJson(part.item));
        return;
      case "usage":
        this.usage.add(
          part.inputTokens,
          part.outputTokens,
          part.cachedTokens,
          part.reasoningTokens,
        );
        return;
      case "incomplete":
        this.incomplete = part.reason;
        return;
      case "custom":
        this.#custom(part.name, part.data);
        return;
      default:
        part satisfies never;
    }
  }

  #addText(text: string, id?: string): void {
    this.calls.release();
    this.items.message(id).addText(text);
  }

  /** An entry of an array result: a string, a part or an item. */
  #acceptEntry(entry: unknown): void {
    if (typeof entry === "string") this.#addText(entry);
    else if (isPart(entry)) this.#acceptPart(entry);
    else this.acceptItem(plainJson(entry));
  }

  /** Extension events carry a `slug:` (Open Responses, extensions) and go out only when asked for. */
  #custom(name: string, data: unknown): void {
    if (!this.options.customEvents) return;
    const event = { type: `wheelhouse:${name}`, data: plainJson(data ?? null) };
    this.scope.emit(event as unknown as UnsequencedEvent);
  }

  #snapshot(status: Response["status"], failure?: RunFailure): Response {
    const ended = status !== "in_progress" && status !== "queued";
    return {
      ...this.options.response,
      status,
      completed_at: status === "completed" ? Math.floor(Date.now() / 1000) : null,
      output: this.#scopeState.output(),
      usage: ended ? this.usage.toUsage() : null,
      incomplete_details: status === "incomplete" ? { reason: this.incomplete! } : null,
      error:
        failure === undefined
          ? null
          : { code: failure.code, message: failure.message, type: failure.type },
      metadata: { ...this.extras.metadata, ...this.options.response.metadata },
      ...(this.extras.custom_outputs === undefined
        ? {}
        : { custom_outputs: this.extras.custom_outputs }),
    };
  }

  #take(): UnsequencedEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** The names of the calls in an output, whoever runs them; "" for a call of a type without names. */
function calledNames(output: readonly OutputItem[]): string[] {
  return output.filter(({ type }) => type.endsWith("_call")).map((item) => stringOf(item["name"]));
}

function isTyped(value: unknown): value is { type: string; [key: string]: unknown } {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { type?: unknown }).type === "string"
  );
}
