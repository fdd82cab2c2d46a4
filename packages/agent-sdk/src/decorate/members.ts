import type { HandlerKind } from "../define/agent-function.js";
import type { ResolvedOptions } from "../define/handler-options.js";
import { METADATA } from "./symbol-metadata.js";

/** Under `Symbol.for`, so that a class decorated by another installed copy is recognised too. */
const MEMBERS = Symbol.for("wheelhouse.agent-sdk.members");

/** A method that `@invoke()` or `@stream()` marks. */
export interface DecoratedMember {
  readonly kind: HandlerKind;
  readonly key: string | symbol;
  readonly options: ResolvedOptions;
}

type Metadata = Record<PropertyKey, unknown>;

/** Writes a member into a class's metadata. Throws a TypeError if another has its agent name and kind. */
export function addMember(metadata: Metadata, member: DecoratedMember): void {
  const own = ownMembers(metadata);
  const inherited = membersIn(Object.getPrototypeOf(metadata) as Metadata | null).filter(
    (base) => base.key !== member.key,
  );
  const rival = [...own, ...inherited].find(
    ({ kind, options }) => kind === member.kind && options.name === member.options.name,
  );
  if (rival !== undefined) {
    throw new TypeError(
      `members "${String(rival.key)}" and "${String(member.key)}" are both the ${member.kind} ` +
        `function of agent "${member.options.name}": give one of them another name`,
    );
  }
  metadata[MEMBERS] = [...own, member];
}

/** The decorated members of a class, with those it inherits; none for any other value. */
export function membersOf(constructor: unknown): readonly DecoratedMember[] {
  if (typeof constructor !== "function") return [];
  const metadata: unknown = Reflect.get(constructor, METADATA);
  return typeof metadata === "object" ? membersIn(metadata as Metadata | null) : [];
}

function ownMembers(metadata: Metadata): readonly DecoratedMember[] {
  return Object.hasOwn(metadata, MEMBERS) ? (metadata[MEMBERS] as DecoratedMember[]) : [];
}

/** A member that a subclass decorates anew counts with the subclass's options alone. */
function membersIn(metadata: Metadata | null): readonly DecoratedMember[] {
  if (metadata === null) return [];
  const own = ownMembers(metadata);
  const inherited = membersIn(Object.getPrototypeOf(metadata) as Metadata | null).filter(
    (base) => !own.some(({ key, kind }) => key === base.key && kind === base.kind),
  );
  return [...inherited, ...own];
}
