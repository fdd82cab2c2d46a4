import type { AddressInfo } from "node:net";
import express from "express";
import { z } from "zod";
import { answer, streamOf } from "./agent.js";
import { tellParent } from "./serve.js";

/** Express 5 as most write it: `express.json()`, a zod schema for request and answer, `res.json`, `res.write`. */
const Request = z.looseObject({
  input: z.array(
    z.looseObject({
      role: z.enum(["user", "assistant", "system", "developer"]),
      content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
    }),
  ),
  stream: z.boolean().optional(),
});
const Answer = z.looseObject({
  output: z.array(
    z.looseObject({
      type: z.string(),
      content: z.array(z.looseObject({ type: z.string(), text: z.string() })),
    }),
  ),
});
const StreamEvent = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("response.output_text.delta"),
    item_id: z.string(),
    delta: z.string(),
  }),
  z.looseObject({ type: z.literal("response.output_item.done"), item: z.looseObject({}) }),
]);

const app = express();
app.use(express.json({ limit: "64mb" }));
app.post("/invocations", async (request, response) => {
  const parsed = Request.safeParse(request.body);
  if (!parsed.success) {
    response.status(400).json({ detail: z.prettifyError(parsed.error) });
    return;
  }
  if (parsed.data.stream !== true) {
    response.json(Answer.parse(answer(parsed.data)));
    return;
  }
  response.setHeader("content-type", "text/event-stream");
  response.setHeader("cache-control", "no-cache");
  for await (const event of streamOf(parsed.data)) {
    response.write(`data: ${JSON.stringify(StreamEvent.parse(event))}\n\n`);
  }
  response.end("data: [DONE]\n\n");
});
const server = app.listen(0, "127.0.0.1", () => tellParent((server.address() as AddressInfo).port));
