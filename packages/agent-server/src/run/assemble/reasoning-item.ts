import type { ReasoningItem as FinalReasoningItem } from "@wheelhouse/core";
import type { ItemScope } from "./item-scope.js";
import { missingText } from "./missing-text.js";

type Channel = "summary" | "content";

interface OpenText {
  readonly channel: Channel;
  readonly index: number;
  text: string;
  closed: boolean;
}

/** Reasoning that is being written: summary paragraphs, and raw reasoning text where the author has it. */
export class ReasoningItem {
  readonly id: string;
  readonly outputIndex: number;
  closed = false;
  readonly #scope: ItemScope;
  readonly #texts = new Map<string, OpenText>();

  constructor(scope: ItemScope, wantedId?: unknown) {
    this.#scope = scope;
    this.id = scope.claimId("rs", wantedId);
    this.outputIndex = scope.claimIndex();
    scope.emit({
      type: "response.output_item.added",
      output_index: this.outputIndex,
      item: { type: "reasoning", id: this.id, summary: [], status: "in_progress" },
    });
  }

  add(channel: Channel, piece: string, key: number): void {
    const text = this.#open(channel, key);
    if (piece === "" || text.closed) return;
    const delta = this.#scope.spend(piece);
    if (delta === "") return;
    text.text += delta;
    const place = { item_id: this.id, output_index: this.outputIndex };
    this.#scope.emit(
      channel === "summary"
        ? {
            type: "response.reasoning_summary_text.delta",
            ...place,
            summary_index: text.index,
            delta,
          }
        : { type: "response.reasoning_text.delta", ...place, content_index: text.index, delta },
    );
  }

  /** Sends what is missing of a whole paragraph. */
  complete(channel: Channel, whole: unknown, key: number): void {
    const streamed = this.#texts.get(`${channel}${key}`)?.text ?? "";
    this.add(channel, missingText(streamed, whole), key);
  }

  closeText(channel: Channel, key: number): void {
    const text = this.#texts.get(`${channel}${key}`);
    if (text !== undefined) this.#closeText(text);
  }

  close(status: "completed" | "incomplete", extras: Readonly<Record<string, unknown>> = {}): void {
    if (this.closed) return;
    this.closed = true;
    for (const text of this.#texts.values()) this.#closeText(text);
    const item = this.#item(status, extras);
    this.#scope.emit({ type: "response.output_item.done", output_index: this.outputIndex, item });
    this.#scope.finish(this.outputIndex, item);
  }

  /** The item as far as it has come. */
  snapshot(): FinalReasoningItem {
    return this.#item("in_progress", {});
  }

  #item(
    status: FinalReasoningItem["status"],
    extras: Readonly<Record<string, unknown>>,
  ): FinalReasoningItem {
    const texts = [...this.#texts.values()];
    const content = texts.filter(({ channel }) => channel === "content");
    return {
      ...extras,
      type: "reasoning",
      id: this.id,
      summary: texts
        .filter(({ channel }) => channel === "summary")
        .map(({ text }) => ({ type: "summary_text", text })),
      ...(content.length > 0
        ? { content: content.map(({ text }) => ({ type: "reasoning_text" as const, text })) }
        : {}),
      status,
    };
  }

  #open(channel: Channel, key: number): OpenText {
    const known = this.#texts.get(`${channel}${key}`);
    if (known !== undefined) return known;
    const index = [...this.#texts.values()].filter((text) => text.channel === channel).length;
    const text: OpenText = { channel, index, text: "", closed: false };
    this.#texts.set(`${channel}${key}`, text);
    const place = { item_id: this.id, output_index: this.outputIndex };
    this.#scope.emit(
      channel === "summary"
        ? {
            type: "response.reasoning_summary_part.added",
            ...place,
            summary_index: index,
            part: { type: "summary_text", text: "" },
          }
        : {
            type: "response.content_part.added",
            ...place,
            content_index: index,
            part: { type: "reasoning_text", text: "" },
          },
    );
    return text;
  }

  #closeText(text: OpenText): void {
    if (text.closed) return;
    text.closed = true;
    const place = { item_id: this.id, output_index: this.outputIndex };
    if (text.channel === "summary") {
      const at = { ...place, summary_index: text.index };
      this.#scope.emit({ type: "response.reasoning_summary_text.done", ...at, text: text.text });
      this.#scope.emit({
        type: "response.reasoning_summary_part.done",
        ...at,
        part: { type: "summary_text", text: text.text },
      });
    } else {
      const at = { ...place, content_index: text.index };
      this.#scope.emit({ type: "response.reasoning_text.done", ...at, text: text.text });
      this.#scope.emit({
        type: "response.content_part.done",
        ...at,
        part: { type: "reasoning_text", text: text.text },
      });
    }
  }
}
