import type { AppError, MlflowTraceId } from "@wheelhouse/core";
import { isPart } from "@wheelhouse/core";
import type { LogEvent } from "@wheelhouse/store";
import type { AgentType } from "../../options.js";
import { jsonText, plainJson } from "../../run/assemble/plain-json.js";
import { Assembler, type AssemblerOptions } from "../../run/assembler.js";
import type { RunObserver } from "../../run/observe-run.js";
import { OutputBound } from "../../run/output-bound.js";
import type { Producer } from "../../run/producer.js";
import { checkAgentEvent, checkAgentResponse, checkBaseResult } from "./check-output.js";
import { isVocabularyResult } from "./is-vocabulary-result.js";
import { plainTextDelta } from "./text-delta.js";
import { sparseEvents, textMessage, wholeItemEvents } from "./sparse-events.js";

/** Chunks of a base agent that are kept for its span's outputs; more would hold a long stream in memory. */
const MAX_SPAN_CHUNKS = 10_000;

/** How a run on `/invocations` is produced. */
export interface MlflowProducerOptions {
  /** For what the author gives in our own vocabulary. Called once, and only for that. */
  readonly assembler: () => AssemblerOptions;
  readonly agentType: AgentType;
  /** Where the client asked for it: its own frame before `[DONE]` (B43, B45), metadata of an answer (B39). */
  readonly traceId: MlflowTraceId | undefined;
  /** Whether the span wants outputs. */
  readonly recording: boolean;
  /** Told of what the author gives, where the run's span wants to know. */
  readonly observe?: RunObserver | undefined;
  /** `stream`: frames are read as they come. `answer`: only {@link MlflowProducer.answerText} is. */
  readonly mode: "stream" | "answer";
  /** Told when the run has ended well. */
  readonly onEnd: () => void;
}

/** A producer for `/invocations` that can also give a whole answer. */
export interface MlflowProducer extends Producer {
  /** The JSON text of the answer, in mode `answer`, when the run has ended well. */
  answerText(): string;
}

/**
 * Raw results and events pass as given, checked as MLflow checks them; strings, parts and items become
 * MLflow's sparse form. The author's own objects are never changed (B42).
 */
export function createMlflowProducer(options: MlflowProducerOptions): MlflowProducer {
  const { agentType, traceId, mode } = options;
  const gathers = mode === "answer";
  let assembler: Assembler | undefined;
  /** A raw result, as the author gave it. */
  let whole: object | undefined;
  const bound = new OutputBound();
  const items: unknown[] = [];
  const chunks: unknown[] = [];
  /** Raw text whose item has not come whole. */
  const unfinished = new Map<string, string>();
  let customOutputs: unknown;
  let answer: { value: object; text: string } | undefined;

  const assemble = (
    feed: (assembler: Assembler) => ReturnType<Assembler["accept"]>,
  ): LogEvent[] => {
    if (assembler === undefined) {
      assembler = new Assembler(options.assembler());
      assembler.start();
    }
    const events = feed(assembler);
    for (const event of events)
      if (event.type === "response.output_item.done") items.push(event["item"]);
    return gathers ? [] : sparseEvents(events);
  };

  const note = (event: { type: string; [key: string]: unknown }, data: string): void => {
    if (event["custom_outputs"] != null) customOutputs = event["custom_outputs"];
    if (event.type === "response.output_item.done") {
      // The copy from the text: the author may change its object after the yield.
      const { item } = JSON.parse(data) as { item: { id?: string } };
      if (item.id !== undefined) unfinished.delete(item.id);
      items.push(item);
    } else if (gathers && event.type === "response.output_text.delta") {
      const id = event["item_id"] as string;
      unfinished.set(id, (unfinished.get(id) ?? "") + (event["delta"] as string));
    }
  };

  /** What a stream function's pieces come to (B24a). */
  const reduced = (): object => {
    if (agentType === null) return { output: chunks };
    for (const [id, text] of unfinished) items.push(textMessage(id, text));
    customOutputs ??= assembler?.extras.custom_outputs;
    return {
      output: items,
      ...(assembler?.usage.known === true ? { usage: assembler.usage.toUsage() } : {}),
      ...(customOutputs === undefined ? {} : { custom_outputs: customOutputs }),
    };
  };

  /** The last frames of every stream: the trace id where it was asked for, then the end. */
  const closing = (): LogEvent[] =>
    traceId === undefined
      ? [{ type: "done", data: "[DONE]" }]
      : [
          { type: "trace_id", data: JSON.stringify({ trace_id: traceId }) },
          { type: "done", data: "[DONE]" },
        ];

  const failed = (_error: AppError, message: string): LogEvent[] => [
    { type: "error", data: JSON.stringify({ error: message }) },
    ...closing(),
  ];

  return {
    isStopped: () => assembler?.isStopped() ?? false,
    start: () => [],
    accept(piece) {
      options.observe?.piece(piece);
      if (agentType === null) {
        checkBaseResult(piece);
        const chunk = jsonText(piece);
        if (gathers) bound.add(chunk);
        if (gathers || (options.recording && chunks.length < MAX_SPAN_CHUNKS)) chunks.push(piece);
        return [{ type: "chunk", data: chunk }];
      }
      if (typeof piece === "string" || isPart(piece)) {
        bound.add(piece);
        return assemble((to) => to.accept(piece));
      }
      checkAgentEvent(piece);
      const data = plainTextDelta(piece) ?? jsonText(piece);
      if (gathers) bound.add(data);
      note(piece, data);
      return [{ type: piece.type, data }];
    },
    acceptResult(result) {
      if (agentType === null) {
        checkBaseResult(result);
        whole = result;
        if (gathers) return [];
        chunks.push(result);
        return [{ type: "chunk", data: jsonText(result) }];
      }
      if (isVocabularyResult(result)) return assemble((to) => to.acceptResult(result));
      checkAgentResponse(result);
      whole = result;
      if (gathers) return [];
      const { output } = plainJson(result) as { output: Record<string, unknown>[] };
      items.push(...output);
      return output.flatMap(wholeItemEvents);
    },
    end() {
      const last = assembler === undefined ? [] : assemble((to) => to.end());
      if (gathers) {
        const value = withTraceId(whole ?? reduced(), traceId);
        // Serialised inside the run: a value that JSON cannot hold is the run's failure (B70).
        answer = { value, text: jsonText(value) };
      }
      if (assembler?.usage.known === true) options.observe?.usage(assembler.usage.toUsage());
      options.onEnd();
      return [...last, ...closing()];
    },
    fail: failed,
    cancel: failed,
    outputs() {
      if (answer !== undefined) return answer.value;
      return agentType === null ? chunks : { object: "response", output: items };
    },
    answerText() {
      if (answer === undefined) throw new Error("The run has not ended well.");
      return answer.text;
    },
  };
}

/** The answer with the trace id in its metadata, beside what the author has there (B39-B41). */
function withTraceId(value: object, traceId: MlflowTraceId | undefined): object {
  if (traceId === undefined) return value;
  const { metadata } = value as { metadata?: object };
  return { ...value, metadata: { ...metadata, trace_id: traceId } };
}
