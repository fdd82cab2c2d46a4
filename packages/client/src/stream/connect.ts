import { ConnectionError } from "../errors/connection-error.js";
import type { ClientError } from "../errors/client-error.js";
import { type Call, nameOf } from "../http/call.js";
import { exchange } from "../http/exchange.js";
import { followSignal } from "../http/follow-signal.js";
import type { Settings } from "../options.js";
import { readFrames } from "./read-frames.js";

/** One connection to an event stream. */
export interface Connection {
  readonly frames: AsyncGenerator<Readonly<Record<string, unknown>>, boolean, void>;
  /** Nothing more is expected: closes the connection unless it ends soon by itself, to be used again. */
  closeSoon(): void;
  /** Closes the connection at once; leaves neither timer nor listener. */
  close(): void;
}

/** Milliseconds that a connection gets to end by itself. */
const LINGER_MS = 1_000;

/** Opens an event stream. Throws what `exchange` throws, and `limit.error()` when no headers came in time. */
export async function connect(
  settings: Settings,
  call: Call,
  options: {
    readonly signal: AbortSignal;
    readonly limit: { readonly ms: number; readonly error: () => ClientError };
  },
): Promise<Connection> {
  const { controller, signal, release } = followSignal(options.signal);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = (): void => {
    clearTimeout(timer);
    release();
    controller.abort(new ConnectionError("The stream was left."));
  };
  const closeSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(close, LINGER_MS);
  };
  const { ms, error } = options.limit;
  try {
    timer = setTimeout(() => controller.abort(error()), ms);
    const response = await exchange(settings, call, signal);
    clearTimeout(timer);
    const { idleMs } = settings;
    const frames = readFrames(response, { call: nameOf(call), signal, idleMs, onDone: closeSoon });
    return { frames, closeSoon, close };
  } catch (failure) {
    close();
    throw failure;
  }
}
