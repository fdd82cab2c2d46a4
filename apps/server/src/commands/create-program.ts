import { Command, Option } from "commander";
import { version } from "../version.js";
import { runCommand } from "./run-command.js";

const EXAMPLES = `
Examples:
  $ wheelhouse dev agent.ts                     serve while you write: restarts on change, shows errors
  $ wheelhouse start agent.ts --port 9000       serve for others, on loopback
  $ wheelhouse start --host 0.0.0.0 --workers 4 serve ./agent.ts on every interface from 4 processes
  $ wheelhouse start --chat-app "npm run dev"   start a chat app too, and serve both on one port
  $ wheelhouse start --json                     one JSON object a line, for programs

Each option can also be given as a variable (WHEELHOUSE_PORT=9000) or in wheelhouse.config.json ({"port": 9000}).
Flags win over variables, variables over the file.
`;

/** The command line of `wheelhouse`. */
export function createProgram(): Command {
  const program = new Command("wheelhouse")
    .description("Serve agents as an OpenAI-compatible Responses API and as MLflow's /invocations.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("Run wheelhouse --help to see what there is.")
    .exitOverride();
  addServeCommand(program, "dev", "serve while you write: restarts on change, shows errors");
  addServeCommand(program, "start", "serve for others: hides errors, drains on SIGTERM");
  return program;
}

function addServeCommand(program: Command, name: "dev" | "start", summary: string): void {
  const dev = name === "dev";
  program
    .command(name)
    .description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`)
    .summary(summary)
    .argument(
      "[module]",
      "the agent module (default: agent.ts, agent.js or agent.mjs, here or in src)",
    )
    .option("--port <number>", "port; 0 takes a free one (default: 8000)")
    .option("--host <host>", "address to bind (default: 127.0.0.1)")
    .option("--workers <number>", "serving processes on the one port (default: 1)")
    .option("--reload", `restart when a source file changes${dev ? " (default)" : ""}`)
    .option("--no-reload", `do not restart on changes${dev ? "" : " (default)"}`)
    .option("--chat-proxy [url]", "forward what no route has to a chat app (default: port 3000)")
    .option("--no-chat-proxy", "do not (default)")
    .option(
      "--chat-app <command>",
      'start the chat app, such as "npm run dev", and keep it running',
    )
    .addOption(
      new Option(
        "--chat-app-preset <name>",
        "paths that the app's development server needs",
      ).choices(["vite", "next"]),
    )
    .option("--chat-app-port <number>", "port of the chat app (default: 3000)")
    .option(
      "--chat-proxy-timeout <seconds>",
      "longest wait for the chat app's answer (default: 300)",
    )
    .option("--chat-path <paths...>", "paths to forward beside the default ones")
    .option("--chat-prefix <prefixes...>", "path prefixes to forward beside the default ones")
    .option(
      "--chat-identity-headers <pass|strip-untrusted>",
      "whether anybody may send them (default: pass)",
    )
    .option(
      "--expose-errors",
      `show the text of errors to clients${dev ? " (default on loopback)" : ""}`,
    )
    .option("--no-expose-errors", `hide the text of errors from clients${dev ? "" : " (default)"}`)
    .option("--static-prefix <path>", "answer under this path too, such as /my-app")
    .option("--state-dir <path>", "where state is kept (default: ~/.wheelhouse)")
    .option("--no-store", "store no responses: nothing can be fetched or resumed later")
    .option("--retention <days>", "how long responses are kept (default: 30)")
    .option("--lease <seconds>", "silence after which a stored run is taken over (default: 10)")
    .option("--config <file>", "configuration file (default: ./wheelhouse.config.json if there)")
    .option("--name <name>", "the server's name in /agent/info")
    .option("--timeout <seconds>", "longest run (default: none)")
    .option("--body-limit <size>", "largest request body, such as 512kb or 64mb (default: 64mb)")
    .option("--allowed-host <hosts...>", "Host headers to accept beside the loopback ones")
    .option("--allowed-origin <origins...>", "origins to accept beside the server's own")
    .option("--trusted-proxy <addresses...>", "peers whose forwarding headers are believed")
    .option("--grace <seconds>", `time for running work to end (default: ${dev ? 3 : 30})`)
    .option("--openapi", "serve /docs and /openapi.json")
    .option("--json", "print one JSON object a line")
    .addHelpText("after", EXAMPLES)
    .action((module: string | undefined, flags: Flags) =>
      runCommand(name, toSettings(module, flags)),
    );
}

type Flags = Readonly<Record<string, unknown>>;

/** List flags are named in the singular, because each takes one entry or more; their keys are not. */
function toSettings(module: string | undefined, flags: Flags): Record<string, unknown> {
  const { allowedHost, allowedOrigin, trustedProxy, chatProxy, chatPath, chatPrefix, ...others } =
    flags;
  // `--chat-proxy agent.ts`: its value may be left out, and no URL ends like a module.
  const isModule = module === undefined && typeof chatProxy === "string" && MODULE.test(chatProxy);
  return {
    ...others,
    module: isModule ? chatProxy : module,
    enableChatProxy: isModule ? true : chatProxy,
    chatAllowedPaths: splitCommas(chatPath),
    chatAllowedPrefixes: splitCommas(chatPrefix),
    trustedProxies: splitCommas(trustedProxy),
    allowedHosts: splitCommas(allowedHost),
    allowedOrigins: splitCommas(allowedOrigin),
  };
}

const MODULE = /\.(?:[cm]?[jt]s|[jt]sx)$/;

function splitCommas(entries: unknown): string[] | undefined {
  if (!Array.isArray(entries)) return undefined;
  return entries.flatMap((entry) => String(entry).split(","));
}
