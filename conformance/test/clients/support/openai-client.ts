import OpenAI, { type ClientOptions } from "openai";

/** OpenAI's client on a server of ours, with the SDK's own settings where a test names none. */
export function openaiClient(url: string, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", ...options });
}
