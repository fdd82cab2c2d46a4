import { connect } from "node:net";
import { once } from "node:events";
import { median } from "./statistics.js";

/** What open streams came to. */
export interface StreamResult {
  /** Events that arrived while it was measured. */
  readonly events: number;
  /** Milliseconds from a request to its first event, the middle one, asked while the other streams are open. */
  readonly firstEventMs: number;
}

/** Opens streams, keeps them open for some milliseconds and counts their events; meanwhile asks for further ones. */
export async function streamLoad(
  port: number,
  request: Buffer,
  streams: number,
  milliseconds: number,
): Promise<StreamResult> {
  let events = 0;
  let isCounting = false;
  const sockets = await Promise.all(
    Array.from({ length: streams }, async () => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      await once(socket, "connect");
      const begun = new Promise<void>((resolve, reject) => {
        socket.on("close", () => reject(new Error("A server ended a stream.")));
        socket.on("data", (chunk: Buffer) => {
          if (!isCounting) {
            if (chunk.includes("data: ")) resolve();
            return;
          }
          for (let at = chunk.indexOf("data: "); at !== -1; at = chunk.indexOf("data: ", at + 6)) {
            events++;
          }
        });
      });
      socket.write(request);
      await begun;
      return socket;
    }),
  );
  isCounting = true;
  const ends = performance.now() + milliseconds;
  const times: number[] = [];
  while (performance.now() < ends) {
    times.push(await firstEvent(port, request));
    await new Promise((resolve) => setTimeout(resolve, 7));
  }
  isCounting = false;
  for (const socket of sockets) {
    socket.removeAllListeners("close");
    socket.destroy();
  }
  return { events, firstEventMs: median(times) };
}

async function firstEvent(port: number, request: Buffer): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const asked = performance.now();
  let text = "";
  const came = new Promise<void>((resolve, reject) => {
    socket.on("close", () => reject(new Error("A server ended a stream.")));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes("data: ")) resolve();
    });
  });
  socket.write(request);
  await came;
  const milliseconds = performance.now() - asked;
  socket.removeAllListeners("close");
  socket.destroy();
  return milliseconds;
}
