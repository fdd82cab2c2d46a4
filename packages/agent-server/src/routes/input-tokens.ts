import { createId } from "@wheelhouse/core";
import type { Route } from "@wheelhouse/http";
import type { ResponsesContext } from "../responses/responses-context.js";
import { countInputTokens } from "../wire/responses/count-tokens.js";
import { loadTokenizer } from "../wire/responses/load-tokenizer.js";
import { parseCreateResponse, refuseStored } from "../wire/responses/parse-create.js";

/** `POST /responses/input_tokens`: how many tokens a request would put in, with what it goes on with. */
export function inputTokensRoutes({ stored }: ResponsesContext): Route[] {
  return ["", "/v1"].map((prefix) => ({
    method: "POST",
    path: `${prefix}/responses/input_tokens`,
    policy: { surface: "agent" },
    async handle(input) {
      const { body } = parseCreateResponse(input.body, { emptyInput: true });
      if (stored === undefined) refuseStored(body);
      const options = { responseId: createId("resp"), owner: input.user?.id ?? null };
      const items = (await stored?.history.resolve(body, options))?.items ?? body.input;
      const tokens = countInputTokens({ ...body, input: items }, await loadTokenizer());
      return {
        kind: "json",
        body: { object: "response.input_tokens", input_tokens: tokens },
      };
    },
  }));
}
