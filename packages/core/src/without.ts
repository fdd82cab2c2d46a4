/**
 * A type without some of its keys. Unlike `Omit` it keeps the known keys of a type that has an index
 * signature too, as every schema that lets unknown fields pass has.
 */
export type Without<Type, Keys extends PropertyKey> = {
  [Key in keyof Type as Key extends Keys ? never : Key]: Type[Key];
};
