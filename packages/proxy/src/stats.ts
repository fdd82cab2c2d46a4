/** What a proxy has done since it was made. */
export interface ProxyStats {
  /** Requests and upgrades that are being forwarded. */
  active: number;
  /** Requests that were forwarded. */
  requests: number;
  /** Upgrades that were forwarded. */
  upgrades: number;
  /** WebSockets that are open or asked for. */
  openTunnels: number;
  /** Answered by the proxy itself with a 4xx: not allowed, malformed, too large. */
  refused: number;
  /** Forwarded requests whose client left before the end. */
  aborted: number;
  /** Chat app not there, connection lost, no valid answer. */
  upstreamErrors: number;
  /** Connect, first byte and idle time-outs. */
  timeouts: number;
  /** Requests that went out a second time, since a kept connection had been closed. */
  retries: number;
  /** Body bytes from clients. */
  bytesIn: number;
  /** Body bytes to clients. */
  bytesOut: number;
}

/** Counters at zero. */
export function createStats(): ProxyStats {
  return {
    active: 0,
    requests: 0,
    upgrades: 0,
    openTunnels: 0,
    refused: 0,
    aborted: 0,
    upstreamErrors: 0,
    timeouts: 0,
    retries: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}
