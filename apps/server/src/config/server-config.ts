/** Everything the `wheelhouse` command was told, checked and complete. Plain data: it crosses to child processes. */
export interface ServerConfig {
  /** `dev` is for one's own machine: errors shown, reload on, a short grace. */
  readonly command: "dev" | "start";
  /** Absolute; relative module paths and the default modules are looked for here. */
  readonly cwd: string;
  /** Absolute path of the agent module; undefined when the default names are to be tried. */
  readonly module: string | undefined;
  /** Default `127.0.0.1` (B57). */
  readonly host: string;
  /** 0 takes a free port; default 8000 (B56). */
  readonly port: number;
  /** Serving processes on the one port; default 1. */
  readonly workers: number;
  /** Whether a change in the module's folder restarts the server; default true for `dev`. */
  readonly reload: boolean;
  /** Whether clients read the text of unexpected errors (B25, B26); default true for `dev` on loopback. */
  readonly exposeErrors: boolean;
  /** Starts with a slash and ends without one: every route answers under it too. */
  readonly staticPrefix: string | undefined;
  /** Absolute; default `~/.wheelhouse`. Made with mode 0700 by what first stores there. */
  readonly stateDir: string;
  /** Whether responses are stored, in `state.db` of the state directory; default true. */
  readonly store: boolean;
  /** How long responses and conversations are kept after they were last written to, in milliseconds; default 30 days. */
  readonly retentionMs: number;
  /**
   * Without a sign of life for so many milliseconds a run's process counts as dead, and another one takes the
   * run over; default 10 s.
   */
  readonly leaseMs: number;
  /** The server's name in `/agent/info`. */
  readonly name: string | undefined;
  /** Longest run in milliseconds (B54); undefined for no limit. */
  readonly timeoutMs: number | undefined;
  /** Largest request body in bytes; default 64 MiB. */
  readonly bodyLimit: number;
  /** Host headers accepted beside the loopback ones: `host` or `host:port`. */
  readonly allowedHosts: readonly string[];
  /** Origins accepted beside the server's own: `https://app.example`. */
  readonly allowedOrigins: readonly string[];
  /** Peers whose forwarding headers are believed: addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[];
  /** The chat app that takes what no route has; undefined for none. */
  readonly chatProxy: ChatProxyConfig | undefined;
  /** How long running work may take to end after a stop signal, in milliseconds (B55); default 30 s, `dev` 3 s. */
  readonly graceMs: number;
  /** Whether `/docs` and `/openapi.json` are served (B71); default false. */
  readonly openapi: boolean;
  /** Whether output is one JSON object a line; default false. */
  readonly json: boolean;
  /** The configuration file that was read. */
  readonly configFile: string | undefined;
}

/** The chat app and which requests it gets. */
export interface ChatProxyConfig {
  /** On this machine; default 3000. */
  readonly port: number;
  /** Milliseconds to the head of its answer; default 300,000. */
  readonly firstByteTimeoutMs: number;
  /** Beside the default paths. */
  readonly allowedExactPaths: readonly string[];
  readonly allowedPathPrefixes: readonly string[];
  readonly preset: "vite" | "next" | undefined;
  readonly identityHeaders: "pass" | "strip-untrusted";
  /** The command that starts it and keeps it running; undefined when somebody else does. */
  readonly command: string | undefined;
}
