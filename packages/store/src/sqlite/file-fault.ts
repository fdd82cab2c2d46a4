import { StoreUnavailableError, type StoreFault } from "../errors.js";

/** By SQLite's primary result code: https://sqlite.org/rescode.html */
const FAULTS: Readonly<Record<number, StoreFault>> = {
  5: "locked",
  6: "locked",
  8: "read_only",
  11: "damaged",
  13: "full",
  14: "read_only",
  26: "not_a_store",
};

const MESSAGES: Partial<Record<StoreFault, (file: string) => string>> = {
  locked: (file) =>
    `The store's file ${file} is locked by another program: end what holds it (a shell with an open transaction, a backup), then try again.`,
  read_only: (file) =>
    `The store's file ${file} cannot be opened for writing: give this user write permission to it and its folder, or choose another path.`,
  damaged: (file) =>
    `The store's file ${file} is damaged: restore it from a backup, or move it away together with its -wal and -shm files to start anew.`,
  full: (file) => `There is no room for the store's file ${file}: free some on its volume.`,
  not_a_store: (file) =>
    `The file ${file} is not a store of Wheelhouse: choose another path, or move the file away.`,
};

/** What a failed call of SQLite means for the one who reads the message; other errors come back as they are. */
export function fileFault(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("errcode" in error)) return error;
  const fault = FAULTS[Number(error.errcode) & 0xff] ?? "io";
  const message = MESSAGES[fault]?.(`"${path}"`);
  return new StoreUnavailableError(
    fault,
    message ?? `The store's file "${path}" failed: ${error.message}. Check its disk.`,
    { cause: error },
  );
}
