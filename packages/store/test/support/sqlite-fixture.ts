import type { StoreFixture } from "../../src/contract.js";
import { createSqliteStore, type SqliteStoreOptions } from "../../src/sqlite.js";
import { tempFolder } from "./temp-folder.js";

/** A store on a file of its own, that can be opened again. */
export async function sqliteFixture(
  options: Omit<SqliteStoreOptions, "path"> = {},
): Promise<Required<StoreFixture>> {
  const folder = tempFolder();
  const open = () => createSqliteStore({ ...options, path: folder.file });
  const store = open();
  return {
    store,
    async cleanup() {
      await store.close();
      folder[Symbol.dispose]();
    },
    reopen: async () => open(),
  };
}
