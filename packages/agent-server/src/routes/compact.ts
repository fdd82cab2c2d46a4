import { AppError, createId } from "@wheelhouse/core";
import type { Route } from "@wheelhouse/http";
import type { ResponsesContext } from "../responses/responses-context.js";
import { compactItems } from "../wire/responses/compaction.js";
import { countInputTokens } from "../wire/responses/count-tokens.js";
import { loadTokenizer } from "../wire/responses/load-tokenizer.js";
import { parseCreateResponse, refuseStored } from "../wire/responses/parse-create.js";

/**
 * `POST /responses/compact`: a conversation made short. The user's messages stay, the rest becomes one
 * `compaction` item, which goes into the `input` of the next request (Open Responses, M20).
 */
export function compactRoutes({ agents, stored }: ResponsesContext): Route[] {
  return ["", "/v1"].map((prefix) => ({
    method: "POST",
    path: `${prefix}/responses/compact`,
    policy: { surface: "agent" },
    async handle(input) {
      const { body } = parseCreateResponse(input.body, { emptyInput: true });
      if (body.model == null || body.model === "")
        throw new AppError("invalid_request", {
          message: "model: expected a string, got nothing.",
          param: "model",
        });
      agents.forModel(body.model);
      if (stored === undefined) refuseStored(body);
      const id = createId("resp");
      const options = { responseId: id, owner: input.user?.id ?? null };
      const items = (await stored?.history.resolve(body, options))?.items ?? body.input;
      if (items.length === 0)
        throw new AppError("invalid_request", {
          message: "input: there is nothing to compact: send input or previous_response_id.",
          param: "input",
        });
      const output = compactItems(items, createId);
      const tokenizer = await loadTokenizer();
      const before = countInputTokens({ ...body, input: items }, tokenizer);
      const after = countInputTokens({ input: output }, tokenizer);
      return {
        kind: "json",
        body: {
          id,
          object: "response.compaction",
          created_at: Math.floor(Date.now() / 1000),
          output,
          usage: {
            input_tokens: before,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: after,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: before + after,
          },
        },
      };
    },
  }));
}
