import type { ApprovalDecision } from "@wheelhouse/core";

type Item = Readonly<Record<string, unknown>>;

/** Items that a client puts into an input; everything else an agent wrote. */
function isClients(item: Item): boolean {
  const type = item["type"];
  if (type === undefined || type === "message") return item["role"] !== "assistant";
  return typeof type === "string" && (type === "mcp_approval_response" || type.endsWith("_output"));
}

/**
 * The decisions that answer the pause which this run continues. An approval is good for the task it was
 * asked in: once the agent has gone on to an answer of another kind, the same question is asked anew.
 * Several pauses in a row are one task.
 */
function openDecisions(items: readonly Item[]): Map<string, ApprovalDecision> {
  const decisions = new Map<string, ApprovalDecision>();
  let at = items.length - 1;
  for (;;) {
    const answers: Item[] = [];
    for (; at >= 0 && isClients(items[at]!); at--)
      if (items[at]!["type"] === "mcp_approval_response") answers.push(items[at]!);
    // What the agent said last was no question, or nobody answered it: nothing is open before it.
    if (answers.length === 0 || items[at]?.["type"] !== "mcp_approval_request") return decisions;
    for (const answer of answers) {
      const id = String(answer["approval_request_id"]);
      const reason = answer["reason"];
      decisions.set(id, {
        approve: answer["approve"] === true,
        reason: typeof reason === "string" ? reason : undefined,
        approvalRequestId: id,
      });
    }
    while (at >= 0 && !isClients(items[at]!)) at--;
  }
}

/** The questions of a run and the answers that its input brought. */
export class Approvals {
  readonly #open: Map<string, ApprovalDecision>;
  readonly #requests: readonly Item[];

  /** @param input - a base agent's request may have anything there. */
  constructor(input: unknown) {
    const items = Array.isArray(input) ? (input as readonly Item[]) : [];
    this.#open = openDecisions(items);
    this.#requests = items.filter(
      ({ type, id }) => type === "mcp_approval_request" && this.#open.has(String(id)),
    );
  }

  /** The answer to a question, once: asked again, the next answer to the same question counts. */
  take(name: string, args: string): ApprovalDecision | undefined {
    const request = this.#requests.find(
      (item) =>
        item["name"] === name && item["arguments"] === args && this.#open.has(String(item["id"])),
    );
    if (request === undefined) return undefined;
    const decision = this.#open.get(String(request["id"]));
    this.#open.delete(String(request["id"]));
    return decision;
  }
}
