import { createMemoryStore } from "@wheelhouse/store";
import { logWorks, serveStore } from "./serve-store.js";

/** The store in memory. */
serveStore(logWorks(createMemoryStore().log));
