import type * as Sqlite from "node:sqlite";

/**
 * Node's SQLite. Some releases warn when it is loaded that it may still change; the driver's own tests
 * run on every release it supports, so the person who runs it need not act on that. Only this warning,
 * and only during this call, is held back.
 */
export function loadSqlite(): typeof Sqlite {
  const emitWarning = Reflect.get(process, "emitWarning") as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]): void => {
    if (!/sqlite/i.test(String(args[0]))) Reflect.apply(emitWarning, process, args);
  };
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
