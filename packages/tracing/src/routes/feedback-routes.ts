import type { Route } from "@wheelhouse/http";
import { parseFeedback } from "../feedback/feedback-entry.js";
import type { Feedback } from "../feedback/feedback.js";
import { limitOf } from "./query.js";

/** Bytes of a body with feedback. */
const BODY_LIMIT = 262_144;

/** Feedback to a trace, and all feedback as an evaluation set. Giving it is for users, reading it for admins. */
export function feedbackRoutes(feedback: Feedback): Route[] {
  return [
    {
      method: "POST",
      path: "/traces/:id/feedback",
      policy: { surface: "own", access: "user", bodyLimit: BODY_LIMIT },
      async handle({ params, body, user }) {
        const entry = await feedback.add(params["id"]!, parseFeedback(body), user);
        const { inputs: _inputs, outputs: _outputs, ...shown } = entry;
        return { kind: "json", status: 201, body: shown };
      },
    },
    {
      method: "GET",
      path: "/traces/:id/feedback",
      policy: { surface: "own", access: "admin" },
      async handle({ params }) {
        const data = await feedback.list(params["id"]!);
        return { kind: "json", body: { object: "list", data } };
      },
    },
    {
      method: "GET",
      path: "/feedback/evaluation-set",
      policy: { surface: "own", access: "admin" },
      async handle({ query }) {
        const { rows, next } = await feedback.evaluationSet({
          limit: limitOf(query),
          cursor: query.get("cursor") ?? undefined,
        });
        return {
          kind: "text",
          contentType: "application/x-ndjson; charset=utf-8",
          text: rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
          headers: next === undefined ? {} : { "x-next-cursor": next },
        };
      },
    },
  ];
}
