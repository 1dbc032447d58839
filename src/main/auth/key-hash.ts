/** API keys as OpenAlgo hashes them: Argon2id over the key and, right behind it, the pepper. */
import { hashSync, verifySync } from '@node-rs/argon2';

const ARGON2_PARAMETERS = { memoryCost: 65_536, timeCost: 3, parallelism: 4, outputLen: 32 } as const;

/** The PHC string that OpenAlgo stores for `key`. Takes some 50 ms of the calling thread and 64 MiB. */
export function hashKey(key: string, pepper: string): string {
  return hashSync(key + pepper, ARGON2_PARAMETERS);
}

/**
 * Whether `hash` is that of `key`. Takes some 50 ms of the calling thread, and the memory that the hash names. A hash that
 * is no PHC string matches nothing.
 */
export function matchesKeyHash(hash: string, key: string, pepper: string): boolean {
  try {
    return verifySync(hash, key + pepper);
  } catch {
    return false;
  }
}
