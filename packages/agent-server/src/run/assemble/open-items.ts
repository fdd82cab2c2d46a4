import type { Annotation, OutputContent, OutputItem } from "@wheelhouse/core";
import { stringOf } from "./author-values.js";
import type { ItemScope } from "./item-scope.js";
import { MessageItem } from "./message-item.js";
import { ReasoningItem } from "./reasoning-item.js";

type Fields = Readonly<Record<string, unknown>>;
type Status = "completed" | "incomplete";

/** An item of a type without a life cycle of its own here: added and done as the author gave it. */
interface PassedItem {
  readonly id: string;
  readonly outputIndex: number;
  item: Fields;
}

/**
 * The items that are open at once. A keyless one (from plain strings) ends when something else begins;
 * those with an author's id stay open until the author ends them or the run does.
 */
export class OpenItems {
  readonly #scope: ItemScope;
  readonly #encrypted: boolean;
  #withheld: Record<string, string> | undefined;
  #text: MessageItem | undefined;
  #reasoning: ReasoningItem | undefined;
  readonly #messages = new Map<string, MessageItem>();
  readonly #reasonings = new Map<string, ReasoningItem>();
  readonly #passed = new Map<string, PassedItem>();
  /** Citations that came before any text to put them in. */
  #citations: Annotation[] = [];
  /** Authors' ids of messages that are done, with their text: the same one again adds nothing. */
  readonly #done = new Map<string, string>();

  /** @param encrypted - whether the client asked for `reasoning.encrypted_content`. */
  constructor(scope: ItemScope, encrypted: boolean) {
    this.#scope = scope;
    this.#encrypted = encrypted;
  }

  /** The message for an author's id, or the keyless one; opened where it is not yet. */
  message(authorId?: string): MessageItem {
    this.#endReasoning();
    let item = authorId === undefined ? this.#text : this.#messages.get(authorId);
    if (item === undefined) {
      item = new MessageItem(this.#scope, authorId);
      if (authorId === undefined) this.#text = item;
      else this.#messages.set(authorId, item);
    }
    if (this.#citations.length > 0) {
      const waiting = this.#citations;
      this.#citations = [];
      for (const annotation of waiting) item.annotate(annotation);
    }
    return item;
  }

  reasoning(authorId?: string): ReasoningItem {
    this.#endText();
    let item = authorId === undefined ? this.#reasoning : this.#reasonings.get(authorId);
    if (item === undefined) {
      item = new ReasoningItem(this.#scope, authorId);
      if (authorId === undefined) this.#reasoning = item;
      else this.#reasonings.set(authorId, item);
    }
    return item;
  }

  /** A citation for the text before it, in the keyless message or an author's. */
  cite(annotation: Annotation, authorId?: string): void {
    const item = authorId === undefined ? this.#text : this.#messages.get(authorId);
    if (item === undefined) {
      this.#citations.push(annotation);
      return;
    }
    item.annotate(
      annotation.type === "url_citation"
        ? {
            ...annotation,
            start_index: annotation.start_index ?? 0,
            end_index: annotation.end_index ?? item.textLength(),
          }
        : annotation,
    );
  }

  /** Ends what plain strings opened, because something else begins. */
  endKeyless(): void {
    this.#endText();
    this.#endReasoning();
  }

  /** A whole message of the author's: completes the open one it belongs to, or is sent from its start. */
  completeMessage(fields: Fields, status: Status = "completed"): void {
    const { type: _type, id, role: _role, status: _status, content, ...extras } = fields;
    const authorId = typeof id === "string" && id !== "" ? id : undefined;
    const parts = contentParts(content);
    const whole = parts
      .map((part) => (part.type === "output_text" ? part.text : part.refusal))
      .join("");
    let item = authorId === undefined ? undefined : this.#messages.get(authorId);
    item ??= this.#openWithText(whole);
    if (item === undefined) {
      if (authorId !== undefined && this.#done.get(authorId) === whole) return;
      item = this.message(authorId);
    }
    for (const [index, part] of parts.entries()) item.completePart(index, part);
    item.close(this.#scope.isSpent() ? "incomplete" : status, extras);
    this.#forget(item);
    if (authorId !== undefined) this.#done.set(authorId, whole);
  }

  /** `encrypted_content` of reasoning items that the client did not ask for, by item id. */
  get withheld(): Readonly<Record<string, string>> | undefined {
    return this.#withheld;
  }

  completeReasoning(fields: Fields, status: Status = "completed"): void {
    const { type: _type, id, status: _status, summary, content, ...others } = fields;
    const { encrypted_content: encrypted, ...rest } = others;
    // A null is no text: clients' schemas want it absent.
    const isSent = encrypted != null && this.#encrypted;
    const extras = isSent ? { ...rest, encrypted_content: encrypted } : rest;
    const item = this.reasoning(typeof id === "string" && id !== "" ? id : undefined);
    for (const [index, part] of textParts(summary).entries()) item.complete("summary", part, index);
    for (const [index, part] of textParts(content).entries()) item.complete("content", part, index);
    item.close(this.#scope.isSpent() ? "incomplete" : status, extras);
    if (typeof encrypted === "string" && !this.#encrypted)
      (this.#withheld ??= {})[item.id] = encrypted;
    if (this.#reasoning === item) this.#reasoning = undefined;
    for (const [key, open] of this.#reasonings) if (open === item) this.#reasonings.delete(key);
  }

  /** Begins an item of another type; its own events follow through {@link passedPlace}. */
  beginPassed(item: Fields): PassedItem {
    this.endKeyless();
    const type = String(item["type"]);
    const authorId = typeof item["id"] === "string" ? item["id"] : undefined;
    const passed: PassedItem = {
      id: this.#scope.claimId(type.replace(/[^\w]/g, "_"), authorId),
      outputIndex: this.#scope.claimIndex(),
      item,
    };
    if (authorId !== undefined) {
      // The author has gone on to another item under the same id: the one before is over.
      const before = this.#passed.get(authorId);
      if (before !== undefined) this.#finishPassed(before, "completed");
      this.#passed.set(authorId, passed);
    }
    this.#scope.emit({
      type: "response.output_item.added",
      output_index: passed.outputIndex,
      item: { status: "in_progress", ...item, id: passed.id } as unknown as OutputItem,
    });
    return passed;
  }

  completePassed(item: Fields): void {
    const authorId = typeof item["id"] === "string" ? item["id"] : "";
    const open = this.#passed.get(authorId);
    const passed = open?.item["type"] === item["type"] ? open! : this.beginPassed(item);
    this.#passed.delete(authorId);
    this.#finishPassed({ ...passed, item }, "completed");
  }

  /** Where an open item of another type stands, for events of its own. */
  passedPlace(authorId: unknown): { item_id: string; output_index: number } | undefined {
    const passed = typeof authorId === "string" ? this.#passed.get(authorId) : undefined;
    return passed && { item_id: passed.id, output_index: passed.outputIndex };
  }

  /** What is open, as far as it has come, by output index. */
  snapshots(): [outputIndex: number, item: OutputItem][] {
    const written = [...this.#messages.values(), ...this.#reasonings.values()];
    if (this.#text !== undefined) written.push(this.#text);
    if (this.#reasoning !== undefined) written.push(this.#reasoning);
    return [
      ...written.map((item): [number, OutputItem] => [item.outputIndex, item.snapshot()]),
      ...[...this.#passed.values()].map(({ outputIndex, item, id }): [number, OutputItem] => [
        outputIndex,
        { status: "in_progress", ...item, id } as unknown as OutputItem,
      ]),
    ];
  }

  /** Ends everything; the item begun last takes `lastStatus`, the ones before it are whole. */
  closeAll(lastStatus: Status): void {
    if (this.#citations.length > 0) this.message();
    const open: { outputIndex: number; close(status: Status): void }[] = [
      ...this.#messages.values(),
      ...this.#reasonings.values(),
      ...(this.#text === undefined ? [] : [this.#text]),
      ...(this.#reasoning === undefined ? [] : [this.#reasoning]),
      ...[...this.#passed.values()].map((passed) => ({
        outputIndex: passed.outputIndex,
        close: (status: Status) => this.#finishPassed(passed, status),
      })),
    ].toSorted((a, b) => a.outputIndex - b.outputIndex);
    for (const [at, item] of open.entries())
      item.close(at === open.length - 1 ? lastStatus : "completed");
    this.#messages.clear();
    this.#reasonings.clear();
    this.#passed.clear();
    this.#text = this.#reasoning = undefined;
  }

  #finishPassed(passed: PassedItem, status: Status): void {
    const item = { status, ...passed.item, id: passed.id } as unknown as OutputItem;
    this.#scope.emit({ type: "response.output_item.done", output_index: passed.outputIndex, item });
    this.#scope.finish(passed.outputIndex, item);
  }

  /** An open message whose streamed text is this one: authors stream under one id and finish under another. */
  #openWithText(whole: string): MessageItem | undefined {
    if (whole === "") return undefined;
    const open = [...this.#messages.values(), ...(this.#text === undefined ? [] : [this.#text])];
    return open.find((item) => item.text === whole);
  }

  #endText(): void {
    this.#text?.close("completed");
    this.#text = undefined;
  }

  #endReasoning(): void {
    this.#reasoning?.close("completed");
    this.#reasoning = undefined;
  }

  #forget(item: MessageItem): void {
    if (this.#text === item) this.#text = undefined;
    for (const [key, open] of this.#messages) if (open === item) this.#messages.delete(key);
  }
}

/** The parts of a message's content; a plain string is one text. */
function contentParts(content: unknown): OutputContent[] {
  if (typeof content === "string") return [{ type: "output_text", text: content, annotations: [] }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown): OutputContent[] => {
    const fields = part as Record<string, unknown> | null;
    if (fields?.["type"] === "refusal")
      return [{ type: "refusal", refusal: stringOf(fields["refusal"]) }];
    if (typeof fields?.["text"] !== "string") return [];
    const annotations = Array.isArray(fields["annotations"]) ? fields["annotations"] : [];
    return [
      { type: "output_text", text: fields["text"], annotations: annotations as Annotation[] },
    ];
  });
}

const textParts = (parts: unknown): unknown[] =>
  Array.isArray(parts)
    ? parts.map((part: unknown) => (part as { text?: unknown } | null)?.text)
    : [];
