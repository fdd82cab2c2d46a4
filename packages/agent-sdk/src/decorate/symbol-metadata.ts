/**
 * Where class decorators' metadata is found (TC39 decorator metadata). No Node has `Symbol.metadata` yet.
 * The value is the one that compilers fall back to, so classes decorated before this module loads fit.
 */
function ensureSymbolMetadata(): symbol {
  const holder = Symbol as unknown as { metadata?: symbol };
  return (holder.metadata ??= Symbol.for("Symbol.metadata"));
}

export const METADATA: symbol = ensureSymbolMetadata();
