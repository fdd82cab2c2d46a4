import { BlockList, isIP } from "node:net";

/**
 * Addresses of proxies whose forwarding headers are believed: single ones and CIDR ranges.
 *
 * @throws TypeError naming the option and the entry that is neither.
 */
export function parseTrustedProxies(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix, ...rest] = entry.trim().split("/");
    const family = isIP(address);
    const bits = family === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (family === 0 || rest.length > 0 || length < 0 || length > bits) {
      throw new TypeError(
        `trustedProxies takes IP addresses and CIDR ranges such as 10.0.0.0/8, not "${entry}".`,
      );
    }
    list.addSubnet(address, length, family === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** Whether an address is on the list; what is not an IP address never is. */
export function isOnList(list: BlockList, address: string | undefined): boolean {
  const family = address === undefined ? 0 : isIP(address);
  if (family === 0) return false;
  return list.check(address!, family === 6 ? "ipv6" : "ipv4");
}
