/**
 * Whether a value is an output item of the usual shape, which `InvocationResponse` accepts. False says
 * nothing: the schema decides then, and explains. Saves a small answer the microseconds of the schema's
 * pass; a property test holds it against the schema.
 */
export function isPlainOutputItem(item: unknown): boolean {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return false;
  const fields = item as Readonly<Record<string, unknown>>;
  const { status } = fields;
  if (status != null && typeof status !== "string") return false;
  switch (fields["type"]) {
    case "message":
      return fields["role"] === "assistant" && isPlainContent(fields["content"]);
    case "function_call":
      return (
        typeof fields["call_id"] === "string" &&
        typeof fields["name"] === "string" &&
        typeof fields["arguments"] === "string"
      );
    case "function_call_output":
      return typeof fields["call_id"] === "string" && typeof fields["output"] === "string";
    default:
      return false;
  }
}

/** The same for a whole result. */
export function isPlainInvocationResponse(result: object): boolean {
  const { output } = result as { output?: unknown };
  if (!Array.isArray(output)) return false;
  for (const item of output as unknown[]) if (!isPlainOutputItem(item)) return false;
  return true;
}

function isPlainContent(content: unknown): boolean {
  if (!Array.isArray(content)) return false;
  for (const part of content as unknown[]) {
    const fields = part as Readonly<Record<string, unknown>> | null | undefined;
    if (fields?.["type"] !== "output_text" || typeof fields["text"] !== "string") return false;
    const { annotations } = fields;
    if (annotations != null && !(Array.isArray(annotations) && annotations.length === 0))
      return false;
  }
  return true;
}
