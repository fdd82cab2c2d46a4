import type { ServerResponse } from "node:http";
import { encodeSseComment } from "@wheelhouse/core";
import { isQueued, pendingBytes } from "./stall-watch.js";

const PING = encodeSseComment("ping");

/**
 * Writes frames with back-pressure, keeps a silent stream open with pings, and destroys the connection of a
 * reader that stalls. One timer serves both, however many frames there are.
 */
export class FramePump {
  /** True once the stream is over. */
  stopped = false;
  readonly #response: ServerResponse;
  readonly #pingMs: number;
  readonly #stallMs: number;
  #lastWrite = performance.now();
  #stalledSince: number | undefined;
  #pending = 0;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout;

  constructor(response: ServerResponse, pingMs: number, stallMs: number) {
    this.#response = response;
    this.#pingMs = pingMs;
    this.#stallMs = stallMs;
    this.#timer = setTimeout(this.#check, Math.min(pingMs, stallMs));
    response.on("drain", this.#onDrain);
  }

  /** Writes one frame; false when the socket can take no more for now. */
  write(text: string): boolean {
    this.#lastWrite = performance.now();
    if (this.#response.write(text)) return true;
    this.#stalledSince ??= this.#lastWrite;
    this.#pending = pendingBytes(this.#response);
    return false;
  }

  /** Settles when the socket can take more, or when the stream is over. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stalledSince === undefined || this.stopped) resolve();
      else this.#wake = resolve;
    });
  }

  /** Ends the timer and whoever waits. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.#timer);
    this.#response.off("drain", this.#onDrain);
    this.#wake?.();
  }

  readonly #onDrain = (): void => {
    this.#stalledSince = undefined;
    this.#wake?.();
    this.#wake = undefined;
  };

  readonly #check = (): void => {
    const now = performance.now();
    if (this.#stalledSince !== undefined) {
      const left = pendingBytes(this.#response);
      if (left !== this.#pending || isQueued(this.#response)) this.#stalledSince = now;
      this.#pending = left;
      if (now - this.#stalledSince >= this.#stallMs) {
        this.#response.destroy();
        return;
      }
    } else if (now - this.#lastWrite >= this.#pingMs && this.#response.headersSent) {
      this.write(PING);
    }
    const due =
      this.#stalledSince === undefined
        ? this.#lastWrite + this.#pingMs
        : this.#stalledSince + this.#stallMs;
    const wait = Math.max(1, Math.min(due - now, this.#pingMs, this.#stallMs));
    this.#timer = setTimeout(this.#check, wait);
  };
}
