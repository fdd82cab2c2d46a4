import { createHash } from "node:crypto";
import { AppError } from "@wheelhouse/core";
import { isVersionConflictError, type Store } from "@wheelhouse/store";

interface KeyRecord {
  readonly response: string;
  readonly fingerprint: string;
}

/** What a key was used for. */
export interface Idempotency {
  /**
   * Claims a key for a new response, or gives the id of the response that it made before. Throws
   * `idempotency_key_reused` (422) when that was another request.
   */
  claim(request: {
    readonly key: string;
    readonly owner: string | null;
    readonly response: string;
    /** The body as it came. */
    readonly body: Uint8Array;
    /** Whether a response is there or on its way: a key whose request was refused is free again. */
    readonly exists: (response: string) => Promise<boolean>;
  }): Promise<Claim>;
}

/** What a key stands for. */
export interface Claim {
  /** The response that the key made before; undefined for a new one. */
  readonly before: string | undefined;
  /** Frees the key again: its request came to no response. */
  release(): Promise<void>;
  /** Whether the key still stands for a response. */
  holds(): Promise<boolean>;
}

/** How long a key is remembered, in milliseconds. */
const TTL_MS = 86_400_000;
/** Milliseconds that a claimed key has to become a response. */
const STARTING_MS = 60_000;

/** Throws `invalid_request` for a key that is none: 1 to 255 printable ASCII characters. */
export function checkIdempotencyKey(key: string): void {
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return;
  throw new AppError("invalid_request", {
    message: "Idempotency-Key must be 1 to 255 printable ASCII characters, such as a UUID.",
    param: "Idempotency-Key",
  });
}

export function createIdempotency(store: Store): Idempotency {
  const keys = store.records.collection<KeyRecord>("idempotency_keys");
  return {
    async claim({ key, owner, response, body, exists }) {
      // The owner is part of the key: nobody meets another one's.
      const name = createHash("sha256")
        .update(JSON.stringify([owner, key]))
        .digest("hex");
      const fingerprint = createHash("sha256").update(body).digest("hex");
      const claimOf = (before: string | undefined): Claim => ({
        before,
        async release() {
          await keys.delete(name);
        },
        holds: async () => (await keys.get(name)) !== undefined,
      });
      for (;;) {
        const known = await keys.get(name);
        if (known !== undefined) {
          const isOpen = Date.now() - known.updatedAt < STARTING_MS;
          if (isOpen || (await exists(known.value.response))) {
            if (known.value.fingerprint === fingerprint) return claimOf(known.value.response);
            throw new AppError("idempotency_key_reused", {
              message:
                "This Idempotency-Key was used for another request: use a new key for a new request.",
              param: "Idempotency-Key",
            });
          }
        }
        try {
          const claimed = { response, fingerprint };
          const ifVersion = known?.version ?? 0;
          await keys.put(name, claimed, { owner, ifVersion, ttlMs: TTL_MS });
          return claimOf(undefined);
        } catch (error) {
          if (!isVersionConflictError(error)) throw error;
        }
      }
    },
  };
}
