import type { Logger } from "@wheelhouse/core";
import type { ServerConfig } from "../config/server-config.js";
import type { Listening } from "../serve.js";
import { version } from "../version.js";
import { lineLogger } from "./line-logger.js";
import { readyBlock } from "./ready-block.js";
import { redactText } from "./redact.js";

/** What the command tells the person who ran it. */
export interface Announcer {
  /** The logger of requests and warnings: standard error. */
  readonly logger: Logger;
  /** The server takes requests. The first time with what to try next. */
  listening(at: Listening): void;
  /** A changed file restarts the server. */
  reloading(file: string): void;
  /** The code does not serve, and the next change is awaited. */
  waiting(): void;
  /** A stop signal came and running work may end. */
  stopping(graceMs: number): void;
  /** A line that the chat app printed. */
  chatApp(line: string): void;
  /** Something a person must act on. */
  problem(message: string): void;
}

/** What {@link createAnnouncer} writes to; default: the process's own. */
export interface AnnouncerStreams {
  readonly stdout: Pick<NodeJS.WriteStream, "write" | "isTTY">;
  readonly stderr: Pick<NodeJS.WriteStream, "write" | "isTTY">;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Words for a person, or with `json` one JSON object a line. Colours only on a terminal without NO_COLOR. */
export function createAnnouncer(
  config: Pick<ServerConfig, "json"> & Partial<ServerConfig>,
  streams: AnnouncerStreams = process,
): Announcer {
  const { stdout, stderr } = streams;
  const plain = config.json || (streams.env["NO_COLOR"] ?? "") !== "";
  const logger = lineLogger({
    json: config.json,
    colour: stderr.isTTY && !plain,
    write: (line) => void stderr.write(line),
  });
  let announced: string | undefined;
  const say = (event: Record<string, unknown>, words: string): void => {
    stdout.write(config.json ? `${JSON.stringify(event)}\n` : `${words}\n`);
  };

  return {
    logger,
    listening(at) {
      const { url, host, port, agents } = at;
      const event = { event: "listening", url, host, port, pid: process.pid, agents };
      const again = announced === url;
      announced = url;
      say(
        event,
        again
          ? `Listening on ${url}`
          : readyBlock(at, {
              command: config.command ?? "start",
              exposeErrors: config.exposeErrors ?? false,
              reload: config.reload ?? false,
              version: version(),
              terminal: stdout.isTTY,
              colour: stdout.isTTY && !plain,
            }),
      );
    },
    reloading: (file) => say({ event: "reloading", file }, `${file} changed: restarting`),
    waiting: () => say({ event: "waiting" }, "Waiting for a change"),
    stopping: (graceMs) =>
      say({ event: "stopping", graceMs }, `Stopping: running work has ${graceMs / 1000} s to end`),
    chatApp(line) {
      const words = `[chat app] ${redactText(line)}`;
      stderr.write(
        config.json
          ? `${JSON.stringify({ event: "chat-app", line: redactText(line) })}\n`
          : `${words}\n`,
      );
    },
    problem(message) {
      if (config.json) stderr.write(`${JSON.stringify({ event: "error", message })}\n`);
      else stderr.write(`wheelhouse: ${message}\n`);
    },
  };
}
