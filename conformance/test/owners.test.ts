import { describe, expect, test } from "vitest";
import { H, type Json, serve, type ServerOptions } from "./support/index.js";

/** Whoever sends a name is its user. */
const authenticate: NonNullable<ServerOptions["authenticate"]> = ({ headers }) => {
  const id = headers["x-user"];
  return typeof id === "string" ? { id, isAdmin: false } : null;
};

const asUser = (user: string, body?: unknown, method = body === undefined ? "GET" : "POST") => ({
  method,
  headers: { "x-user": user, "content-type": "application/json" },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});

const call = async (url: string, init: RequestInit) => {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as Json };
};

/** Every route that takes an id of something stored: method, path, body. */
const ROUTES: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ["GET", "/responses/:response"],
  ["GET", "/responses/:response?stream=true"],
  ["GET", "/responses/:response?stream=true&starting_after=1"],
  ["DELETE", "/responses/:response"],
  ["POST", "/responses/:response/cancel", {}],
  ["GET", "/responses/:response/input_items"],
  ["GET", "/conversations/:conversation"],
  ["POST", "/conversations/:conversation", { metadata: {} }],
  ["DELETE", "/conversations/:conversation"],
  ["GET", "/conversations/:conversation/items"],
  ["POST", "/conversations/:conversation/items", { items: [{ role: "user", content: "x" }] }],
  ["GET", "/conversations/:conversation/items/:item"],
  ["DELETE", "/conversations/:conversation/items/:item"],
  ["POST", "/responses", { input: "x", conversation: ":conversation" }],
  ["POST", "/responses", { input: "x", conversation: ":conversation", store: false }],
  ["POST", "/responses", { input: "x", conversation: ":conversation", background: true }],
  ["POST", "/responses", { input: [{ type: "item_reference", id: ":output" }] }],
  ["POST", "/responses", { input: [{ type: "item_reference", id: ":item" }] }],
  ["POST", "/responses/input_tokens", { input: "x", conversation: ":conversation" }],
  ["POST", "/responses/compact", { model: "agent", conversation: ":conversation" }],
];

/** Those that say 400, as OpenAI does for a previous response. */
const PREVIOUS: readonly unknown[] = [
  { input: "x", previous_response_id: ":response" },
  { input: "x", previous_response_id: ":response", store: false },
  { input: "x", previous_response_id: ":response", background: true },
];

describe("R64 what is stored belongs to who stored it", () => {
  test("R64 R65 a stranger's id, an unknown one and none at all are the same to every route", async () => {
    await using served = await serve({ agents: H, authenticate });
    const made = await call(`${served.url}/responses`, asUser("ann", { input: "hi" }));
    const conversation = await call(
      `${served.url}/conversations`,
      asUser("ann", { items: [{ role: "user", content: "secret" }] }),
    );
    const conversationId = conversation.body["id"] as string;
    const items = await call(`${served.url}/conversations/${conversationId}/items`, asUser("ann"));
    const foreign: Record<string, string> = {
      response: made.body["id"]!,
      conversation: conversationId,
      item: (items.body["data"] as { id: string }[])[0]!.id,
      output: (made.body["output"] as { id: string }[])[0]!.id,
    };
    const unknown: Record<string, string> = {
      response: "resp_0123456789abcdef01234567",
      conversation: "conv_0123456789abcdef01234567",
      item: "msg_0123456789abcdef0123456701234567",
      output: "msg_0123456789abcdef0123456701234567",
    };
    const malformed: Record<string, string> = {
      response: "..%2F..%2Fetc%2Fpasswd",
      conversation: "'; DROP TABLE records; --",
      item: "%00",
      output: "../../x",
    };
    const fill = (text: string, ids: Record<string, string>): string =>
      text.replace(/:(response|conversation|item|output)\b/g, (_, name: string) => ids[name]!);

    for (const prefix of ["", "/v1"]) {
      for (const [method, path, body] of ROUTES) {
        for (const ids of [foreign, unknown, malformed]) {
          const encoded = Object.fromEntries(
            Object.entries(ids).map(([name, id]) => [
              name,
              id.includes("%") ? id : encodeURIComponent(id),
            ]),
          );
          const url = `${served.url}${prefix}${fill(path, encoded)}`;
          const sent =
            body === undefined
              ? undefined
              : (JSON.parse(fill(JSON.stringify(body), ids)) as unknown);
          const answer = await call(url, asUser("bob", sent, method));
          expect([method, url, sent, answer.status]).toEqual([method, url, sent, 404]);
          expect(JSON.stringify(answer.body)).not.toContain("secret");
        }
      }
      for (const body of PREVIOUS) {
        for (const ids of [foreign, unknown, malformed]) {
          const sent = JSON.parse(fill(JSON.stringify(body), ids)) as unknown;
          const answer = await call(`${served.url}${prefix}/responses`, asUser("bob", sent));
          expect([sent, answer.status]).toEqual([sent, 400]);
          expect(answer.body["error"]!["code"]).toBe("previous_response_not_found");
        }
      }
    }
    // Nothing of it touched what is Ann's.
    const still = await call(`${served.url}/responses/${foreign["response"]}`, asUser("ann"));
    expect(still.status).toBe(200);
    const kept = await call(`${served.url}/conversations/${conversationId}/items`, asUser("ann"));
    expect(kept.body["data"]).toEqual(items.body["data"]);
    expect(
      (await call(`${served.url}/responses/${foreign["response"]}`, { method: "GET" })).status,
    ).toBe(401);
  });

  test("R64 an idempotency key is its user's own", async () => {
    await using served = await serve({ agents: H, authenticate });
    const send = (user: string) =>
      call(`${served.url}/responses`, {
        ...asUser(user, { input: "hi" }),
        headers: { "x-user": user, "content-type": "application/json", "idempotency-key": "k" },
      });
    const [ann, bob] = [await send("ann"), await send("bob")];
    expect(ann.body["id"]).not.toBe(bob.body["id"]);
  });
});
