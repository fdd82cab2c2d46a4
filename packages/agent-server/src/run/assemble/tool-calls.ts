import type { FunctionCall, McpCall, OutputItem, ServerTools } from "@wheelhouse/core";
import { AppError } from "@wheelhouse/core";
import type { ToolChoiceRule } from "../tool-choice.js";
import type { ItemScope } from "./item-scope.js";
import { missingText } from "./missing-text.js";

interface Call {
  readonly callId: string;
  readonly name: string;
  readonly wantedId: unknown;
  arguments: string;
  /**
   * `held`: nothing is sent yet, because it is open who runs the tool. `suppressed`: nothing of it is
   * sent, nor of its result, because the client's `tool_choice` does not allow it.
   */
  form: "held" | "function_call" | "mcp_call" | "suppressed";
  id: string;
  outputIndex: number;
  /** All arguments are there. */
  complete: boolean;
  /** The item is done. */
  closed: boolean;
}

/** How calls are shown. */
export interface ToolCallOptions {
  /** The author's choice; undefined leaves it open until a result shows that the agent ran the tool. */
  readonly serverTools: ServerTools | undefined;
  /** The form where the author chose none: by the wire. */
  readonly defaultForm: ServerTools;
  /** Names of the functions the client declared: calls of these are the client's to run. */
  readonly declared: ReadonlySet<string>;
  /** What the client's `tool_choice` allows: only of calls that it would be asked to run. */
  readonly toolChoice: ToolChoiceRule;
  /** `server_label` of `mcp_call` items: the agent's name. */
  readonly label: string;
}

/**
 * Function calls and what they gave. A call of a function that the client declared goes out at once. Of
 * another one nobody can tell who runs it until a result comes (then the agent did), or the author goes
 * on with something else or ends (then the client is asked to): it is held until then, unless the author
 * set `serverTools`.
 */
export class ToolCalls {
  readonly #scope: ItemScope;
  readonly #options: ToolCallOptions;
  readonly #calls = new Map<string, Call>();
  /** Calls whose result is known to follow. */
  readonly #expected = new Set<string>();
  #held = 0;

  constructor(scope: ItemScope, options: ToolCallOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  /** These calls' results follow: they are the agent's own, whatever comes between. */
  expectResults(callIds: readonly string[]): void {
    for (const callId of callIds) this.#expected.add(callId);
  }

  /** The author goes on with something that is no call and no result: held calls are the client's. */
  release(): void {
    if (this.#held === 0) return;
    for (const call of this.#calls.values())
      if (call.form === "held" && call.complete && !this.#expected.has(call.callId))
        this.#giveHeldToClient(call, "completed");
  }

  has(callId: string): boolean {
    return this.#calls.has(callId);
  }

  begin(callId: string, name: string, wantedId?: unknown): void {
    if (this.#calls.has(callId)) return;
    const call: Call = {
      callId,
      name,
      wantedId,
      arguments: "",
      form: "held",
      id: "",
      outputIndex: -1,
      complete: false,
      closed: false,
    };
    this.#calls.set(callId, call);
    this.#held++;
    const form = this.#options.serverTools ?? this.#options.defaultForm;
    if (this.#options.declared.has(name) || form === "pair") this.#openForClient(call);
    else if (this.#options.serverTools === "mcp_call") this.#open(call, "mcp_call");
  }

  addArguments(callId: string, delta: string, name: string | undefined, wantedId?: unknown): void {
    if (!this.#calls.has(callId)) {
      if (name === undefined || name === "")
        throw new AppError("invalid_agent_output", {
          message: `The first piece of call ${callId} must name its function.`,
        });
      this.begin(callId, name, wantedId);
    }
    const call = this.#calls.get(callId)!;
    if (delta === "" || call.complete) return;
    const piece = this.#scope.spend(delta);
    if (piece === "") return;
    call.arguments += piece;
    if (call.form !== "held") this.#emitDelta(call, piece);
  }

  /** All arguments of a call are known. */
  complete(callId: string, whole?: unknown): void {
    const call = this.#calls.get(callId);
    if (call === undefined || call.complete) return;
    this.addArguments(callId, missingText(call.arguments, whole), call.name);
    // Half a call is no use to a client: what was cut is closed as incomplete with the run.
    if (this.#scope.isSpent()) return;
    call.complete = true;
    if (call.form !== "held") this.#emitArgumentsDone(call);
    if (call.form === "function_call") this.#closeFunctionCall(call, "completed");
  }

  /** What the agent's own tool gave. */
  result(callId: string, output: string, isError: boolean, wantedId?: unknown): void {
    const call = this.#calls.get(callId);
    if (call !== undefined) this.complete(callId);
    if (call?.form === "suppressed") return;
    const form = this.#options.serverTools ?? this.#options.defaultForm;
    if (call?.form === "held") {
      if (form === "hidden") {
        this.#calls.delete(callId);
        this.#held--;
        return;
      }
      this.#openHeld(call, "mcp_call");
    }
    if (call?.form === "mcp_call") this.#closeMcpCall(call, output, isError);
    else this.#emitOutput(callId, output, wantedId);
  }

  /** What is open and shown, as far as it has come, by output index. */
  snapshots(): [outputIndex: number, item: OutputItem][] {
    return [...this.#calls.values()]
      .filter(({ closed, form }) => !closed && form !== "held")
      .map((call) => [
        call.outputIndex,
        call.form === "mcp_call"
          ? this.#mcpCall(call, call.arguments)
          : functionCall(call, "in_progress", call.arguments),
      ]);
  }

  /** Ends what is open. Held calls go to the client: nobody gave a result. */
  close(status: "completed" | "incomplete"): void {
    for (const call of this.#calls.values()) {
      if (call.closed) continue;
      if (call.form === "held") {
        // Half a call is no use to a client: its arguments would not parse.
        if (status === "incomplete") continue;
        call.complete = true;
        this.#giveHeldToClient(call, status);
        continue;
      }
      if (!call.complete) {
        call.complete = true;
        this.#emitArgumentsDone(call);
      }
      if (call.form === "function_call") this.#closeFunctionCall(call, status);
      else this.#closeMcpCall(call, null, true, status === "completed" ? "failed" : status);
    }
  }

  /** Opens a call for the client to run, where the client allows that. */
  #openForClient(call: Call): void {
    if (this.#options.toolChoice.allows(call.name)) this.#open(call, "function_call");
    else this.#suppress(call);
  }

  #giveHeldToClient(call: Call, status: "completed" | "incomplete"): void {
    if (!this.#options.toolChoice.allows(call.name)) {
      this.#suppress(call);
      return;
    }
    this.#openHeld(call, "function_call");
    this.#closeFunctionCall(call, status);
  }

  #suppress(call: Call): void {
    this.#held--;
    call.form = "suppressed";
    // Nothing more of it is taken or sent.
    call.complete = call.closed = true;
  }

  /** Sends what a held call has come to. */
  #openHeld(call: Call, form: "function_call" | "mcp_call"): void {
    this.#open(call, form);
    if (call.arguments !== "") this.#emitDelta(call, call.arguments);
    this.#emitArgumentsDone(call);
  }

  #open(call: Call, form: "function_call" | "mcp_call"): void {
    this.#held--;
    call.form = form;
    call.id = this.#scope.claimId(form === "function_call" ? "fc" : "mcp", call.wantedId);
    call.outputIndex = this.#scope.claimIndex();
    this.#scope.emit({
      type: "response.output_item.added",
      output_index: call.outputIndex,
      item:
        form === "function_call" ? functionCall(call, "in_progress", "") : this.#mcpCall(call, ""),
    });
    if (form === "mcp_call")
      this.#scope.emit({ type: "response.mcp_call.in_progress", ...place(call) });
  }

  #emitDelta(call: Call, delta: string): void {
    this.#scope.emit(
      call.form === "mcp_call"
        ? { type: "response.mcp_call_arguments.delta", ...place(call), delta }
        : { type: "response.function_call_arguments.delta", ...place(call), delta },
    );
  }

  #emitArgumentsDone(call: Call): void {
    this.#scope.emit(
      call.form === "mcp_call"
        ? {
            type: "response.mcp_call_arguments.done",
            ...place(call),
            arguments: call.arguments,
          }
        : {
            type: "response.function_call_arguments.done",
            ...place(call),
            name: call.name,
            arguments: call.arguments,
          },
    );
  }

  #closeFunctionCall(call: Call, status: "completed" | "incomplete"): void {
    call.closed = true;
    const item = functionCall(call, status, call.arguments);
    this.#scope.emit({ type: "response.output_item.done", output_index: call.outputIndex, item });
    this.#scope.finish(call.outputIndex, item);
  }

  #closeMcpCall(call: Call, output: string | null, isError: boolean, status?: string): void {
    if (call.closed) return;
    call.closed = true;
    const item: McpCall = {
      ...this.#mcpCall(call, call.arguments),
      output: isError ? null : output,
      error: isError ? (output ?? "The run ended before the tool gave a result.") : null,
      status: status ?? (isError ? "failed" : "completed"),
    };
    this.#scope.emit({
      type: isError ? "response.mcp_call.failed" : "response.mcp_call.completed",
      ...place(call),
    });
    this.#scope.emit({ type: "response.output_item.done", output_index: call.outputIndex, item });
    this.#scope.finish(call.outputIndex, item);
  }

  #emitOutput(callId: string, output: string, wantedId: unknown): void {
    const outputIndex = this.#scope.claimIndex();
    const item = {
      type: "function_call_output",
      id: this.#scope.claimId("fco", wantedId),
      call_id: callId,
      output,
      status: "completed",
    };
    this.#scope.emit({
      type: "response.output_item.added",
      output_index: outputIndex,
      item: { ...item, status: "in_progress" },
    });
    this.#scope.emit({ type: "response.output_item.done", output_index: outputIndex, item });
    this.#scope.finish(outputIndex, item);
  }

  #mcpCall(call: Call, args: string): McpCall {
    return {
      type: "mcp_call",
      id: call.id,
      server_label: this.#options.label,
      name: call.name,
      arguments: args,
      output: null,
      error: null,
      approval_request_id: null,
      status: "in_progress",
    };
  }
}

const place = (call: Call): { item_id: string; output_index: number } => ({
  item_id: call.id,
  output_index: call.outputIndex,
});

function functionCall(call: Call, status: FunctionCall["status"], args: string): FunctionCall {
  return {
    type: "function_call",
    id: call.id,
    call_id: call.callId,
    name: call.name,
    arguments: args,
    status,
  };
}
