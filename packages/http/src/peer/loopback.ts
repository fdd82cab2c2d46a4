import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an IP address is in 127.0.0.0/8, is `::1`, or is one of the former mapped to IPv6 (B204). */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const family = isIP(address);
  if (family === 0) return false;
  return loopback.check(address, family === 6 ? "ipv6" : "ipv4");
}

/**
 * Whether the name in a Host or Origin header is this machine: `localhost`, a whole dotted address of
 * 127.0.0.0/8, or `[::1]` (B208, B209, B212). Lower case, without port and final dot.
 */
export function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name === "[::1]") return true;
  return name.startsWith("127.") && isIP(name) === 4;
}
