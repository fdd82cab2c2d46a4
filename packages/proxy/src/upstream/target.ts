/** The chat app's port: a number, or a URL whose host is this machine. */
export type ProxyTarget = number | string | URL;

const LOCAL_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The port of a target. Only the port is ever taken from it: the address is always a loopback one (B224).
 *
 * @throws TypeError for what is neither a port nor an HTTP URL of this machine.
 */
export function portOfTarget(target: ProxyTarget): number {
  const port = typeof target === "number" ? target : portOfUrl(String(target));
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new TypeError(
    `target must be a port or a URL of this machine such as http://127.0.0.1:3000, not ${JSON.stringify(target)}.`,
  );
}

function portOfUrl(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  if (!URL.canParse(text)) return Number.NaN;
  const url = new URL(text);
  const isPlain =
    url.protocol === "http:" &&
    LOCAL_NAMES.has(url.hostname) &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  if (!isPlain) return Number.NaN;
  return url.port === "" ? 80 : Number(url.port);
}
