import type { Annotation, OutputContent, OutputMessage } from "@wheelhouse/core";
import type { ItemScope } from "./item-scope.js";
import { missingText } from "./missing-text.js";

interface OpenPart {
  readonly type: "output_text" | "refusal";
  readonly index: number;
  text: string;
  readonly annotations: Annotation[];
  closed: boolean;
}

/** A message that is being written: content parts open on their first delta and close with the item. */
export class MessageItem {
  readonly id: string;
  readonly outputIndex: number;
  closed = false;
  readonly #scope: ItemScope;
  /** By the author's content index, or "text" and "refusal" for what has none. */
  readonly #byKey = new Map<number | string, OpenPart>();
  readonly #parts: OpenPart[] = [];

  constructor(scope: ItemScope, wantedId?: unknown) {
    this.#scope = scope;
    this.id = scope.claimId("msg", wantedId);
    this.outputIndex = scope.claimIndex();
    scope.emit({
      type: "response.output_item.added",
      output_index: this.outputIndex,
      item: { type: "message", id: this.id, role: "assistant", status: "in_progress", content: [] },
    });
  }

  /** The text of all parts, as streamed so far. */
  get text(): string {
    return this.#parts.map((part) => part.text).join("");
  }

  addText(piece: string, key: number | string = "text"): void {
    const part = this.#open("output_text", key);
    if (piece === "" || part.closed) return;
    const delta = this.#scope.spend(piece);
    if (delta === "") return;
    part.text += delta;
    this.#scope.emit({
      type: "response.output_text.delta",
      item_id: this.id,
      output_index: this.outputIndex,
      content_index: part.index,
      delta,
      logprobs: [],
    });
  }

  addRefusal(piece: string, key: number | string = "refusal"): void {
    const part = this.#open("refusal", key);
    if (piece === "" || part.closed) return;
    const delta = this.#scope.spend(piece);
    if (delta === "") return;
    part.text += delta;
    this.#scope.emit({
      type: "response.refusal.delta",
      item_id: this.id,
      output_index: this.outputIndex,
      content_index: part.index,
      delta,
    });
  }

  annotate(annotation: Annotation, key: number | string = "text"): void {
    const part = this.#open("output_text", key);
    if (part.closed || part.type !== "output_text") return;
    part.annotations.push(annotation);
    this.#scope.emit({
      type: "response.output_text.annotation.added",
      item_id: this.id,
      output_index: this.outputIndex,
      content_index: part.index,
      annotation_index: part.annotations.length - 1,
      annotation,
    });
  }

  /** The length of the text part that a citation would go to, in UTF-16 units. */
  textLength(key: number | string = "text"): number {
    return this.#byKey.get(key)?.text.length ?? 0;
  }

  /** Brings a part to the whole text the author gave for it: sends what is missing, never a piece twice. */
  completePart(key: number, part: OutputContent): void {
    if (part.type === "output_text") {
      const streamed = this.#partFor(key, "output_text");
      this.addText(missingText(streamed?.text ?? "", part.text), streamed?.key ?? key);
      const known = streamed?.part.annotations.length ?? 0;
      for (const annotation of (part.annotations ?? []).slice(known))
        this.annotate(annotation, streamed?.key ?? key);
    } else {
      const streamed = this.#partFor(key, "refusal");
      this.addRefusal(missingText(streamed?.text ?? "", part.refusal), streamed?.key ?? key);
    }
  }

  /** Ends one part; later pieces for it are dropped. */
  closePart(key: number | string): void {
    const part = this.#byKey.get(key);
    if (part !== undefined) this.#closePart(part);
  }

  /** Ends the item. `extras` are fields of the author's own, such as `phase`. */
  close(status: "completed" | "incomplete", extras: Readonly<Record<string, unknown>> = {}): void {
    if (this.closed) return;
    this.closed = true;
    for (const part of this.#parts) this.#closePart(part);
    const item: OutputMessage = {
      ...extras,
      type: "message",
      id: this.id,
      role: "assistant",
      status,
      content: this.#parts.map(contentOf),
    };
    this.#scope.emit({
      type: "response.output_item.done",
      output_index: this.outputIndex,
      item,
    });
    this.#scope.finish(this.outputIndex, item);
  }

  /** The item as far as it has come. */
  snapshot(): OutputMessage {
    return {
      type: "message",
      id: this.id,
      role: "assistant",
      status: "in_progress",
      content: this.#parts.map(contentOf),
    };
  }

  /** Part `key` of the author's, or the keyless part of that type when the author streamed without an index. */
  #partFor(
    key: number,
    type: OpenPart["type"],
  ): { part: OpenPart; key: number | string; text: string } | undefined {
    const keyless = type === "output_text" ? "text" : "refusal";
    for (const candidate of [key, keyless]) {
      const part = this.#byKey.get(candidate);
      if (part?.type === type) return { part, key: candidate, text: part.text };
    }
    return undefined;
  }

  #open(type: OpenPart["type"], key: number | string): OpenPart {
    const known = this.#byKey.get(key);
    if (known?.type === type) return known;
    const part: OpenPart = {
      type,
      index: this.#parts.length,
      text: "",
      annotations: [],
      closed: false,
    };
    this.#byKey.set(key, part);
    this.#parts.push(part);
    this.#scope.emit({
      type: "response.content_part.added",
      item_id: this.id,
      output_index: this.outputIndex,
      content_index: part.index,
      part: contentOf(part),
    });
    return part;
  }

  #closePart(part: OpenPart): void {
    if (part.closed) return;
    part.closed = true;
    const place = {
      item_id: this.id,
      output_index: this.outputIndex,
      content_index: part.index,
    };
    if (part.type === "output_text")
      this.#scope.emit({
        type: "response.output_text.done",
        ...place,
        text: part.text,
        logprobs: [],
      });
    else this.#scope.emit({ type: "response.refusal.done", ...place, refusal: part.text });
    this.#scope.emit({ type: "response.content_part.done", ...place, part: contentOf(part) });
  }
}

/** A copy: an event must not change when the part goes on. */
function contentOf(part: OpenPart): OutputContent {
  return part.type === "output_text"
    ? { type: "output_text", text: part.text, annotations: [...part.annotations], logprobs: [] }
    : { type: "refusal", refusal: part.text };
}
