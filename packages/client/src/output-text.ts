import type { AgentResponse } from "./types/response.js";

/** The text of all the messages of a response, one after the other; "" where there is none. */
export function outputText(response: Pick<AgentResponse, "output">): string {
  let text = "";
  for (const item of response.output)
    if (item.type === "message")
      for (const part of item.content) if (part.type === "output_text") text += part.text;
  return text;
}
