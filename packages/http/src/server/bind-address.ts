import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isLoopbackAddress } from "../peer/loopback.js";

/** Where to listen. */
export interface ListenOptions {
  /** Default 8000; 0 takes any free one. */
  readonly port?: number | undefined;
  /** A name or an address of this machine. Default `127.0.0.1` (B57). */
  readonly host?: string | undefined;
  /** A Unix socket in place of host and port; counts as loopback. */
  readonly socketPath?: string | undefined;
}

/** An address to listen on, and whether others can reach it. */
export type BindAddress = {
  /** As the caller wrote it: for messages and the URL. */
  readonly name: string;
  readonly exposure: "loopback" | "bound-public";
} & ({ readonly address: string; readonly port: number } | { readonly socketPath: string });

const DEFAULT_PORT = 8000;

/**
 * Turns options into an address. A name is looked up here, so that what is judged is what is listened on.
 *
 * @throws TypeError for a port or host that is none, Error for a name that has no address.
 */
export async function resolveBindAddress(options: ListenOptions): Promise<BindAddress> {
  const { socketPath } = options;
  if (socketPath !== undefined) {
    if (socketPath === "") throw new TypeError("socketPath must not be empty.");
    return { name: socketPath, exposure: "loopback", socketPath };
  }
  const port = options.port ?? DEFAULT_PORT;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`port must be a whole number from 0 to 65535, not ${String(port)}.`);
  }
  const name = (options.host ?? "127.0.0.1").trim().replace(/^\[(.*)\]$/, "$1");
  // Node takes an empty host for every address there is.
  if (name === "") throw new TypeError("host must not be empty: 0.0.0.0 listens everywhere.");
  const address = isIP(name) === 0 ? await addressOf(name) : name;
  const exposure = isLoopbackAddress(address) ? "loopback" : "bound-public";
  return { name, exposure, address, port };
}

async function addressOf(name: string): Promise<string> {
  try {
    return (await lookup(name)).address;
  } catch (error) {
    throw new Error(`Cannot listen on ${name}: the name has no address.`, { cause: error });
  }
}
