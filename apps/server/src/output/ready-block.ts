import type { Listening } from "../serve.js";

/** What the ready message depends on beside the address. */
export interface ReadyBlockOptions {
  readonly command: "dev" | "start";
  readonly version: string;
  readonly exposeErrors: boolean;
  readonly reload: boolean;
  /** Blank lines and a margin around the text. */
  readonly terminal: boolean;
  readonly colour: boolean;
}

/** The message of a server that takes requests: where, what and what to try next. */
export function readyBlock(at: Listening, options: ReadyBlockOptions): string {
  const { command, version, exposeErrors, reload, terminal, colour } = options;
  const paint = (code: number, text: string): string =>
    colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  const url = reachable(at);
  const json = "-H 'content-type: application/json'";
  const responses = JSON.stringify({
    ...(at.agents.length > 1 && { model: at.agents[0]?.name }),
    input: "hello",
  });
  const modes = [
    ...(reload ? ["restarts when a file changes"] : []),
    ...(exposeErrors ? ["shows errors to clients"] : []),
  ];
  const lines = [
    `Wheelhouse ${version} ${command}${modes.length === 0 ? "" : ` (${modes.join(", ")})`}`,
    `Listening on ${paint(36, at.url)}`,
    `Agents: ${at.agents.map(({ name, handlers }) => `${name} (${handlers.join(", ")})`).join(", ")}`,
    paint(2, "Try:"),
    `  curl -N ${url}/responses ${json} -d '${responses.replace(/}$/, ',"stream":true}')}'`,
    `  curl ${url}${invocations(at)} ${json} -d '{"input":[{"role":"user","content":"hello"}]}'`,
    `  OpenAI SDK: new OpenAI({ baseURL: "${url}/v1", apiKey: "unused" })`,
  ];
  return terminal ? `\n${lines.map((line) => `  ${line}`).join("\n")}\n` : lines.join("\n");
}

/** `/invocations` picks an agent by itself only when there is one, or one that is named so. */
function invocations({ agents }: Listening): string {
  const chosen =
    agents.length === 1 || agents.some(({ name }) => name === "default" || name === "agent");
  return chosen ? "/invocations" : `/agents/${agents[0]?.name}/invocations`;
}

/** The wildcard addresses are for binding; one connects to this machine. */
function reachable({ url, host, port }: Listening): string {
  return /^(?:0\.0\.0\.0|::)$/.test(host) ? `http://127.0.0.1:${port}` : url;
}
