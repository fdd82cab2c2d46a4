import type { ProxySettings } from "./options.js";
import type { Deadlines } from "./relay/deadlines.js";
import type { ProxyStats } from "./stats.js";
import type { LoopbackConnector } from "./upstream/loopback-connector.js";
import type { UpstreamPool } from "./upstream/upstream-pool.js";

/** What one proxy's requests share. */
export interface ProxyContext {
  readonly settings: ProxySettings;
  readonly stats: ProxyStats;
  readonly pool: UpstreamPool;
  readonly connector: LoopbackConnector;
  /** What the chat app is called in its Host header (B106). */
  readonly host: string;
  /** `http://` and the names that the app has for itself. */
  readonly ownOrigins: readonly string[];
  /** This proxy's entry in `Via`: another one's has another name. */
  readonly via: string;
  /** Tells that nobody listened on the app's port. */
  readonly onUnavailable: () => void;
  readonly deadlines: Deadlines;
  /** Requests that are being forwarded. */
  readonly relays: Set<{ close(): void }>;
  /** Ends upgrades and tunnels when the proxy closes. */
  readonly endings: Set<() => void>;
}
