/** The names of the functions a client declared in its request: calls of them are the client's to run. */
export function declaredTools(tools: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  if (!Array.isArray(tools)) return names;
  for (const tool of tools as ({ type?: unknown; name?: unknown; function?: unknown } | null)[]) {
    if (tool?.type !== "function") continue;
    // Chat Completions' form nests the name; MLflow's clients send either.
    const name = tool.name ?? (tool.function as { name?: unknown } | undefined)?.name;
    if (typeof name === "string") names.add(name);
  }
  return names;
}
