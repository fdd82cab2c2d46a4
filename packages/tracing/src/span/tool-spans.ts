import type { ObservedEvent } from "@wheelhouse/core";
import type { RecordingSpan } from "./recording-span.js";
import { type ToolCall, toolAttributes, toolCallOf } from "./tool-call.js";

/** Tool calls that are open at the same time; more leave no span. */
const MAX_OPEN = 100;

/** The tool calls of a run, made spans from the events of its stream. */
export class ToolSpans {
  readonly #run: RecordingSpan;
  /** When a call began and what it was, by its key. */
  readonly #open = new Map<string, { readonly call: ToolCall; readonly began: number }>();

  constructor(run: RecordingSpan) {
    this.#run = run;
  }

  /** Takes an event with an item: `response.output_item.added` or `.done`. */
  observe({ type, item }: ObservedEvent, now: number): void {
    const call = toolCallOf(item);
    if (call === undefined) return;
    const open = this.#open.get(call.key);
    if (type.endsWith(".added")) {
      // The arguments of a function call are still coming: the tool runs once they are there.
      if (call.part === "whole" && open === undefined) this.#keep(call, now);
      return;
    }
    if (!type.endsWith(".done")) return;
    if (call.part === "call") {
      this.#keep(call, now);
      return;
    }
    this.#open.delete(call.key);
    // A result without its call says nothing of what ran.
    if (call.part === "result" && open === undefined) return;
    const { name, inputs } = call.part === "result" ? open!.call : call;
    this.#write({ ...call, name, inputs }, open?.began ?? now, now);
  }

  /** The run ends. Calls that nobody answered are the client's to run, or were given up: they leave a moment. */
  close(now: number): void {
    for (const { call, began } of this.#open.values()) {
      if (call.part === "whole") this.#write(call, began, now);
      else this.#run.addEvent("tool_call_requested", toolAttributes(call));
    }
    this.#open.clear();
  }

  #keep(call: ToolCall, began: number): void {
    if (this.#open.size < MAX_OPEN) this.#open.set(call.key, { call, began });
  }

  #write(call: ToolCall, began: number, ended: number): void {
    const span = this.#run.childAt(
      { name: call.name, type: "TOOL", attributes: toolAttributes(call) },
      began,
    );
    if (span === undefined) return;
    if (call.inputs !== undefined) span.setInputs(call.inputs);
    if (call.outputs !== undefined) span.setOutputs(call.outputs);
    span.setStatus(call.error === undefined ? "ok" : "error", call.error);
    span.endAt(ended);
  }
}
