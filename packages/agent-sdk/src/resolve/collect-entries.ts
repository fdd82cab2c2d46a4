import type { Agent, AgentHandler } from "@wheelhouse/core";
import { membersOf } from "../decorate/members.js";
import { createHandler, type Handler, isHandler } from "../define/handler.js";
import { isRegistry } from "../define/registry.js";

/** What one source brings. */
export interface AgentEntry {
  /** Where it was found, for messages: `export "rag"`, `agents[0]`. */
  readonly label: string;
  readonly halves: readonly (Handler | AgentHandler)[];
  /** Set where the source is an agent that was made elsewhere. */
  readonly agent?: Agent | undefined;
}

/** What was found among sources. */
export interface Collected {
  readonly entries: readonly AgentEntry[];
  /** What is no agent, in words: `export "config" is an object`. */
  readonly others: readonly string[];
}

/** Finds the agents among values or among a module's exports. A value that comes twice counts once. */
export function collectEntries(sources: readonly unknown[] | Record<string, unknown>): Collected {
  const labelled = new Map<unknown, string>();
  for (const [key, value] of Object.entries(sources)) {
    const label = Array.isArray(sources) ? `agents[${key}]` : `export "${key}"`;
    if (!labelled.has(value)) labelled.set(value, label);
  }
  const instantiated = new Set<unknown>();
  for (const value of labelled.keys()) instantiated.add(constructorOf(value));
  const entries: AgentEntry[] = [];
  const others: string[] = [];
  for (const [value, label] of labelled) {
    // A class beside its own instance is there for its type.
    if (typeof value === "function" && instantiated.has(value)) continue;
    const entry = entryOf(value, label);
    if (entry === undefined) others.push(`${label} is ${describe(value)}`);
    else entries.push(entry);
  }
  return { entries, others };
}

function entryOf(value: unknown, label: string): AgentEntry | undefined {
  if (isHandler(value)) return { label, halves: [value] };
  if (isRegistry(value)) return { label, halves: value.handlers() };
  if (typeof value === "function") {
    if (membersOf(value).length === 0 || value.length > 0) return undefined;
    return { label, halves: bindMembers(Reflect.construct(value, []) as object) };
  }
  if (constructorOf(value) !== undefined) return { label, halves: bindMembers(value as object) };
  if (isAgent(value)) {
    const halves = [value.invoke, value.stream].filter((half) => half !== undefined);
    return { label, halves, agent: value };
  }
  return undefined;
}

/** The decorated class that a value is an instance of. */
function constructorOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const { constructor } = value;
  return membersOf(constructor).length > 0 ? constructor : undefined;
}

/** Looks the method up at each call, so a subclass's override is the one that runs. */
function bindMembers(instance: object): Handler[] {
  const methods = instance as Record<PropertyKey, (...args: unknown[]) => unknown>;
  return membersOf(instance.constructor).map(({ kind, key, options }) =>
    createHandler(
      kind,
      options,
      (request: unknown, context: unknown) => methods[key]!(request, context),
      typeof key === "string" ? key : (key.description ?? options.name),
    ),
  );
}

function isAgent(value: unknown): value is Agent {
  if (typeof value !== "object" || value === null) return false;
  const { name, invoke, stream } = value as Partial<Record<keyof Agent, unknown>>;
  return typeof name === "string" && (isHalf(invoke) || isHalf(stream));
}

function isHalf(value: unknown): boolean {
  return typeof value === "object" && value !== null && "run" in value && "kind" in value;
}

function describe(value: unknown): string {
  if (typeof value === "function") {
    if (membersOf(value).length > 0) {
      return `the class ${value.name}, whose constructor takes arguments: give an instance`;
    }
    return /^class\b/.test(Function.prototype.toString.call(value))
      ? `the class ${value.name}, which has no @invoke() or @stream() member`
      : `a function: wrap it in invoke(fn) or stream(fn)`;
  }
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
