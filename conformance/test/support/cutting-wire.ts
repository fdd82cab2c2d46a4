import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire in front of a server; closes at the end of an `await using` block. */
export interface CuttingWire extends AsyncDisposable {
  readonly url: string;
  /** Connections that it has cut. */
  readonly cuts: () => number;
}

/**
 * A TCP wire to a port of the loopback interface. It resets the connection number n once `limit(n)` bytes
 * of the server's have gone through, in the middle of whatever is going on.
 */
export async function cuttingWire(
  port: number,
  limit: (connection: number) => number,
): Promise<CuttingWire> {
  const open = new Set<Socket>();
  let connections = 0;
  let cuts = 0;
  const wire = createServer((outer) => {
    const inner = connect(port, "127.0.0.1");
    let left = limit(connections++);
    for (const [socket, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      open.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
    outer.pipe(inner);
    inner.on("data", (piece) => {
      outer.write(piece.subarray(0, left));
      left -= piece.length;
      if (left > 0) return;
      cuts++;
      inner.destroy();
      outer.resetAndDestroy();
    });
  });
  await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(wire.address() as AddressInfo).port}`,
    cuts: () => cuts,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => wire.close(resolve));
    },
  };
}
