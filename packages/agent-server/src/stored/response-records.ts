import type { CreateResponseRequest, InputItem, Response, ResponseId } from "@wheelhouse/core";
import type { Collection, Store, StoredRecord } from "@wheelhouse/store";
import type { Withheld } from "./withheld.js";

/** A stored run, as its record has it. JSON. */
export interface ResponseRecord {
  /** The response as it began; as it ended once `state` is `ended`. */
  readonly response: Response;
  /** The request's own items, with ids: nothing of what came before it. */
  readonly input: readonly InputItem[];
  /** The request without its input: what a restart needs. */
  readonly request: CreateResponseRequest;
  readonly agent: string;
  /** Which servers may go on with the run. */
  readonly scope: string;
  readonly handler: "invoke" | "stream";
  readonly state: "active" | "ended";
  /** Counts from 1. */
  readonly attempt: number;
  /** Whether the caller is an administrator: the author's context says it after a restart too. */
  readonly isAdmin: boolean;
  readonly requestId: string;
  /** The `traceparent` that the client sent. */
  readonly traceparent: string | undefined;
  /** Unix milliseconds; undefined without a time limit. */
  readonly deadline: number | undefined;
  /** The run whose steps this one goes on with; its own id otherwise. */
  readonly stepsOf: string;
  readonly conversation: string | undefined;
  /** What the response leaves out of its items. */
  readonly withheld?: Withheld | undefined;
  /** Seq of the last event of its log; undefined for one that was never logged. */
  readonly lastSeq?: number | undefined;
  /** The HTTP status that a failed foreground answer had: for a replay by idempotency key. */
  readonly errorStatus?: number | undefined;
  /** True: the server that ran it has shut down and left it to another. */
  readonly released?: boolean | undefined;
}

/** A record with what the store knows of it. */
export type StoredResponse = StoredRecord<ResponseRecord>;

/** `resp_` and 24 hex digits: no other id was ever given out. */
const RESPONSE_ID = /^resp_[0-9a-f]{24}$/;

/** The stored responses of a server. */
export interface ResponseRecords {
  /** Undefined for one that is not there, is another owner's, or whose id is none of ours: then without a look at the store. */
  get(id: string, owner: string | null): Promise<StoredResponse | undefined>;
  /** Whoever owns it. */
  find(id: string): Promise<StoredResponse | undefined>;
  /** Writes a new record or the next state of one. */
  put(id: ResponseId, record: ResponseRecord, options: PutResponse): Promise<StoredResponse>;
  delete(id: string): Promise<boolean>;
  /** Runs that have not ended, of all servers that share the store; oldest first. */
  active(limit: number): Promise<readonly StoredResponse[]>;
}

/** How a response is written. */
export interface PutResponse {
  readonly owner?: string | null;
  /** The version it must have; 0 for a new one. */
  readonly ifVersion?: number;
}

/** Opens the collection. `ttlMs` is how long a response is kept after its last write. */
export function createResponseRecords(store: Store, ttlMs: number): ResponseRecords {
  const records: Collection<ResponseRecord> = store.records.collection<ResponseRecord>(
    "responses",
    { indexes: { state: ({ state }) => (state === "active" ? state : undefined) } },
  );
  const find: ResponseRecords["find"] = async (id) => {
    if (!RESPONSE_ID.test(id)) return undefined;
    const record = await records.get(id);
    return isResponseRecord(record?.value) ? record : undefined;
  };
  return {
    find,
    async get(id, owner) {
      const record = await find(id);
      return record !== undefined && record.owner === owner ? record : undefined;
    },
    async put(id, record, options) {
      return records.put(id, record, { ...options, ttlMs });
    },
    async delete(id) {
      return records.delete(id);
    },
    async active(limit) {
      const found = await records.list({
        index: { key: "state", value: "active" },
        order: "asc",
        limit,
      });
      return found.filter(({ value }) => isResponseRecord(value));
    },
  };
}

/** Whether a stored value is a record of ours: one that is not is left alone, and the rest is served. */
function isResponseRecord(value: unknown): value is ResponseRecord {
  const record = value as Partial<ResponseRecord> | null | undefined;
  return (
    typeof record?.response?.id === "string" &&
    Array.isArray(record.response.output) &&
    Array.isArray(record.input) &&
    typeof record.request === "object" &&
    record.request !== null
  );
}
