/**
 * The `type` of a shape whose name is none of the known ones, which TypeScript has no word for. `never`
 * lets a comparison with a known name leave only the known shape. At run time it is a string: to compare
 * with another name, write `(event.type as string) === "…"`.
 */
export type UnlistedType = never;

/** A type without some of its keys. Unlike `Omit` it keeps the known keys of a type with an index signature. */
export type Without<Type, Keys extends PropertyKey> = {
  [Key in keyof Type as Key extends Keys ? never : Key]: Type[Key];
};
