import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * A port that was free on 127.0.0.1 a moment ago. Only for programs that cannot listen on port 0 and
 * tell which one they got: another process may take it first.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
