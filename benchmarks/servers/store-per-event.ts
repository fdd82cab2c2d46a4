import { DatabaseSync } from "node:sqlite";
import { EVENT, serveStore } from "./serve-store.js";
import { storeFile } from "./store-file.js";

/** A row and a commit for each event, as most write it: bare `node:sqlite`, `synchronous = FULL`. */
const database = new DatabaseSync(storeFile());
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE events (log TEXT, seq INTEGER, type TEXT, data TEXT, PRIMARY KEY (log, seq)) WITHOUT ROWID;
`);
const insert = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?)");
let seq = 0;

serveStore({
  async commit(milliseconds) {
    const began = performance.now();
    let events = 0;
    for (; performance.now() < began + milliseconds; events++)
      insert.run(`log ${events % 16}`, seq++, EVENT.type, EVENT.data);
    return { value: (events * 1000) / (performance.now() - began), units: events };
  },
});
