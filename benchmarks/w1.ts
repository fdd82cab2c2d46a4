import { fetchOnce, requestBytes, runLoad } from "./lib/http-load.js";
import type { Case, Target, Workload } from "./lib/workload.js";

/** W1: `POST /invocations`, whole answers, bodies of 300 B, 4 KB and 200 KB, 32 connections. */
export const w1: Workload = {
  id: "w1",
  title: "POST /invocations, whole answers, 32 connections",
  unit: "requests/s",
  cases: [caseOf("300 B", 300), caseOf("4 KB", 4_096), caseOf("200 KB", 204_800)],
};

function caseOf(name: string, bytes: number): Case {
  const request = requestBytes("/invocations", bodyOf(bytes));
  return {
    name,
    targets: [
      target("raw", "raw", request),
      target("wheelhouse", "wheelhouse", request),
      target("wheelhouse, traced", "wheelhouse-traced", request),
      target("express with zod", "express", request),
    ],
  };
}

/** A conversation of messages of about 500 characters that is as long as asked for. */
function bodyOf(bytes: number): object {
  const body = { input: [] as object[], metadata: { workload: "answer" } };
  const left = (): number => bytes - JSON.stringify(body).length;
  while (body.input.length === 0 || left() > 100) {
    const role = body.input.length % 2 === 0 ? "user" : "assistant";
    const room = Math.max(1, Math.min(500, left() - 60));
    body.input.push({ type: "message", role, content: "word ".repeat(100).slice(0, room) });
  }
  return body;
}

function target(name: string, server: string, request: Buffer): Target {
  let bytes = 0;
  return {
    name,
    server,
    async check(port) {
      const answer = await fetchOnce(port, request);
      const json = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as {
        output: { content: { text: string }[] }[];
      };
      if (!json.output[0]!.content[0]!.text.startsWith("word "))
        throw new Error(`${name}: ${answer}`);
      // Every later answer has as many: the same body, and ids and dates of the same length.
      bytes = answer.length;
    },
    async load(port, milliseconds) {
      const isWhole = (_last: Buffer, got: number): boolean => got >= bytes;
      const result = await runLoad({ port, request, connections: 32, milliseconds, isWhole });
      return { value: result.answers / result.seconds, units: result.answers };
    },
  };
}
