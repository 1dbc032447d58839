/** API keys as OpenAlgo hashes them: Argon2id over the key and, right behind it, the pepper. */
import { hashSync, verify } from '@node-rs/argon2';

const ARGON2_PARAMETERS = { memoryCost: 65_536, timeCost: 3, parallelism: 4, outputLen: 32 } as const;

/** The PHC string that OpenAlgo stores for `key`. Takes some 50 ms of the calling thread and 64 MiB. */
export function hashKey(key: string, pepper: string): string {
  return hashSync(key + pepper, ARGON2_PARAMETERS);
}

/**
 * Whether `hash` is that of `key`. Runs on libuv's pool for some 50 ms, with the memory that the hash names. A hash that
 * is no PHC string matches nothing.
 */
export async function matchesKeyHash(hash: string, key: string, pepper: string): Promise<boolean> {
  try {
    return await verify(hash, key + pepper);
  } catch {
    return false;
  }
}
