import { InvalidResponseError } from "../errors/invalid-response-error.js";
import { readBody } from "./read-body.js";

/** A whole body as text, up to a bound of characters. */
export async function readText(
  response: globalThis.Response,
  options: { readonly signal: AbortSignal; readonly maxLength: number },
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of readBody(response, options)) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > options.maxLength)
      throw new InvalidResponseError(
        `The answer has more than ${options.maxLength} characters: raise maxBodyLength.`,
      );
  }
  return text + decoder.decode();
}
