import { spawn } from "node:child_process";
import { once } from "node:events";
import { tempDir } from "../temp-dir.js";
import { CHROMIUM_FLAGS, chromiumPath } from "./chromium.js";

/** A page in a headless Chromium of its own; disposing it ends the browser. */
export interface BrowserPage extends AsyncDisposable {
  /** Loads a URL; resolves when the page has loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON can say it. A promise is awaited. */
  evaluate(expression: string): Promise<unknown>;
  /** What the page's console said, and what it threw. */
  readonly console: readonly string[];
}

/** Milliseconds that one command may take. */
const ANSWER_MS = 20_000;

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Starts Chromium with an empty profile and speaks the DevTools protocol with it over pipes: no port is opened. */
export async function startChromium(): Promise<BrowserPage> {
  const profile = await tempDir("wheelhouse-chromium-");
  const child = spawn(
    chromiumPath(),
    [
      ...CHROMIUM_FLAGS,
      "--remote-debugging-pipe",
      `--user-data-dir=${profile.path}`,
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true },
  );
  const exited = once(child, "exit");
  const [toBrowser, fromBrowser] = [child.stdio[3], child.stdio[4]] as [
    NodeJS.WritableStream,
    NodeJS.ReadableStream,
  ];
  toBrowser.on("error", () => {});
  const waiting = new Map<number, (reply: Reply) => void>();
  const listeners = new Set<(reply: Reply) => void>();
  const lines: string[] = [];
  let lastId = 0;
  let session: string | undefined;
  let rest = "";
  fromBrowser.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop()!;
    for (const message of messages) {
      const reply = JSON.parse(message) as Reply;
      if (reply.id === undefined) for (const listener of listeners) listener(reply);
      else waiting.get(reply.id)?.(reply);
    }
  });
  listeners.add(({ method, params }) => {
    if (method === "Runtime.consoleAPICalled" || method === "Runtime.exceptionThrown") {
      lines.push(JSON.stringify(params?.["args"] ?? params?.["exceptionDetails"]));
    }
  });

  const send = (method: string, params: object = {}): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      const timer = setTimeout(
        () => reject(new Error(`Chromium: ${method}: no answer`)),
        ANSWER_MS,
      );
      waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`Chromium: ${method}: ${error.message}`));
      });
      const message = { id, method, params, ...(session !== undefined && { sessionId: session }) };
      toBrowser.write(`${JSON.stringify(message)}\0`);
    });
  const event = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Chromium: no ${wanted}`)), ANSWER_MS);
      const listener = ({ method }: Reply): void => {
        if (method !== wanted) return;
        clearTimeout(timer);
        listeners.delete(listener);
        resolve();
      };
      listeners.add(listener);
    });
  const close = async (): Promise<void> => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await exited;
    await profile[Symbol.asyncDispose]();
  };

  try {
    const { targetId } = await send("Target.createTarget", { url: "about:blank" });
    const attached = await send("Target.attachToTarget", { targetId, flatten: true });
    session = attached["sessionId"] as string;
    await send("Page.enable");
    await send("Runtime.enable");
  } catch (error) {
    await close();
    throw error;
  }
  return {
    console: lines,
    async open(url) {
      const loaded = event("Page.loadEventFired");
      await send("Page.navigate", { url });
      await loaded;
    },
    async evaluate(expression) {
      const options = { expression, returnByValue: true, awaitPromise: true };
      const { result, exceptionDetails } = await send("Runtime.evaluate", options);
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { value?: unknown }).value;
    },
    [Symbol.asyncDispose]: close,
  };
}
