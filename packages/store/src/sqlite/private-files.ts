import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  statSync,
  type Stats,
} from "node:fs";
import { dirname } from "node:path";
import { StoreUnavailableError } from "../errors.js";

const OTHERS_MAY_WRITE = 0o022;

/** What SQLite keeps next to the file. */
const SUFFIXES = ["", "-wal", "-shm"];

/**
 * Makes the store's file and its folder for this user alone (B216): a new folder has mode 0700, the files
 * 0600. Throws `StoreUnavailableError` when the folder or a file is somebody else's, or others may write to
 * the folder. On Windows permissions are the folder's and are not looked at.
 */
export function preparePrivateFile(path: string): void {
  try {
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    checkFolder(folder);
    closeSync(openSync(path, "a", 0o600));
    for (const suffix of SUFFIXES) checkFile(`${path}${suffix}`);
    keepFolderEntry(folder);
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw error;
    throw new StoreUnavailableError(
      "permissions",
      `The store's file "${path}" cannot be made: ${error instanceof Error ? error.message : String(error)}. Choose a folder that this user may write to.`,
      { cause: error },
    );
  }
}

function checkFolder(folder: string): void {
  const stats = statSync(folder);
  if (process.getuid === undefined) return;
  if (!isOwn(stats)) {
    throw refused(`The folder "${folder}" belongs to another user`, "choose one of your own");
  }
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0) {
    throw refused(
      `Other users may write to the folder "${folder}"`,
      `run chmod 700 on it, or choose another one`,
    );
  }
}

function checkFile(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || process.getuid === undefined) return;
  if (!stats.isFile()) throw refused(`"${file}" is not a regular file`, "choose another path");
  if (!isOwn(stats)) {
    throw refused(`The file "${file}" belongs to another user`, "choose another path");
  }
  // SQLite makes the files next to it with the same mode.
  if ((stats.mode & 0o777) !== 0o600) chmodSync(file, 0o600);
}

const isOwn = (stats: Stats): boolean => stats.uid === process.getuid?.();

function refused(what: string, remedy: string): StoreUnavailableError {
  return new StoreUnavailableError(
    "permissions",
    `${what}; a store must be yours alone: ${remedy}.`,
  );
}

/** So that the new file's name outlives a loss of power, as its content does. */
function keepFolderEntry(folder: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
