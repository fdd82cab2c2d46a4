/** Statuses of a round-tripped item. */
const STATUSES: readonly unknown[] = [undefined, null, "completed", "in_progress", "incomplete"];
const ROLES: readonly unknown[] = ["user", "assistant", "system", "developer"];

/**
 * Whether a parsed JSON body is of the usual shape, which `CreateResponseRequest` and `InvocationRequest`
 * accept and leave as it is. False says nothing: the schema decides then, and explains. Saves microseconds
 * of a small request and more than a third of the time of one with a history of 200 KB, where a schema
 * looks at and copies every item; a property test holds it against the schemas.
 *
 * @param typed - true where every item must name its `type`: `CreateResponseRequest` adds a missing one.
 */
export function isPlainRequest(body: Readonly<Record<string, unknown>>, typed: boolean): boolean {
  const { input } = body;
  if (!Array.isArray(input)) return false;
  for (const item of input as unknown[]) if (!isPlainItem(item, typed)) return false;
  for (const name in body) if (!isPlainField(name, body[name])) return false;
  return true;
}

function isPlainField(name: string, value: unknown): boolean {
  switch (name) {
    case "input":
      return true;
    case "__proto__":
      return false;
    case "model":
    case "instructions":
    case "previous_response_id":
    case "truncation":
    case "service_tier":
    case "safety_identifier":
    case "prompt_cache_key":
    case "user":
      return value === null || typeof value === "string";
    case "stream":
    case "store":
    case "background":
    case "parallel_tool_calls":
      return value === null || typeof value === "boolean";
    case "temperature":
    case "top_p":
    case "presence_penalty":
    case "frequency_penalty":
      // JSON text such as 1e999 makes Infinity.
      return value === null || Number.isFinite(value);
    case "max_output_tokens":
      return value === null || (Number.isSafeInteger(value) && (value as number) >= 1);
    case "metadata":
      return value === null || isPlainMetadata(value);
    case "custom_inputs":
      return value === null || isPlainObject(value);
    case "context":
      return (
        value === null ||
        (isPlainObject(value) &&
          isStringOrNone(value["conversation_id"]) &&
          isStringOrNone(value["user_id"]))
      );
    case "conversation":
    case "include":
    case "tools":
    case "tool_choice":
    case "max_tool_calls":
    case "text":
    case "reasoning":
    case "top_logprobs":
    case "stream_options":
    case "disconnect":
      return value === null;
    default:
      return true;
  }
}

function isPlainItem(item: unknown, typed: boolean): boolean {
  if (!isPlainObject(item)) return false;
  const { type } = item;
  if (!STATUSES.includes(item["status"]) || !isStringOrNone(item["id"])) return false;
  switch (type) {
    case "message":
      return isPlainMessage(item);
    case undefined:
      return !typed && isPlainMessage(item);
    case "function_call":
      return isName(item["call_id"]) && isName(item["name"]) && isString(item["arguments"]);
    case "function_call_output":
      return isName(item["call_id"]) && isString(item["output"]);
    default:
      return false;
  }
}

function isPlainMessage({ role, content }: Readonly<Record<string, unknown>>): boolean {
  if (!ROLES.includes(role)) return false;
  if (typeof content === "string") return true;
  if (!Array.isArray(content)) return false;
  for (const part of content as unknown[]) {
    if (!isPlainObject(part) || typeof part["text"] !== "string") return false;
    const { type } = part;
    if (type !== "input_text" && type !== "output_text") return false;
    if (
      type === "output_text" &&
      !(isEmptyList(part["annotations"]) && isEmptyList(part["logprobs"]))
    )
      return false;
  }
  return true;
}

function isPlainMetadata(pairs: unknown): boolean {
  if (!isPlainObject(pairs)) return false;
  let count = 0;
  for (const key in pairs) {
    const value = pairs[key];
    if (++count > 16 || key.length > 64 || typeof value !== "string" || value.length > 512)
      return false;
  }
  return true;
}

/** An object of JSON's without the one name that schemas leave out of their copy. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !Object.hasOwn(value, "__proto__")
  );
}

const isString = (value: unknown): boolean => typeof value === "string";
const isName = (value: unknown): boolean => typeof value === "string" && value !== "";
const isStringOrNone = (value: unknown): boolean => value == null || typeof value === "string";
const isEmptyList = (value: unknown): boolean =>
  value == null || (Array.isArray(value) && value.length === 0);
