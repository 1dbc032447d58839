/** Whether a key opens the dashboard, and for what. The thread that strangers talk to knows digests only. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { TokenBucket } from '../../workers/proxy/admission/token-bucket.ts';
import type { Rights } from './operator-messages.ts';

/** SHA-256 of each key, hex; null where there is none. */
export interface KeyDigests {
  readonly admin: string;
  readonly viewer: string | null;
}

/** `paced`: too many wrong ones came from the address, and this one was not looked at. */
export type KeyVerdict = Rights | 'wrong' | 'paced';

/** Wrong keys of an address in one go, and then per second. */
const BURST = 5;
const PER_SECOND = 0.5;
/** Addresses that are remembered; the one that was first seen makes room. */
const MAX_ADDRESSES = 1000;

export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export class KeyCheck {
  #digests: KeyDigests;
  readonly #now: () => number;
  readonly #wrong = new Map<string, TokenBucket>();

  /** @param now ms of a clock that never goes back */
  constructor(digests: KeyDigests, now: () => number = () => performance.now()) {
    this.#digests = digests;
    this.#now = now;
  }

  /** Other keys from now on. */
  use(digests: KeyDigests): void {
    this.#digests = digests;
  }

  /**
   * Compares in constant time.
   * @param address whose wrong keys are counted together
   */
  look(key: string, address: string): KeyVerdict {
    const bucket = this.#wrong.get(address);
    if (bucket !== undefined && bucket.waitMs(1, this.#now()) > 0) return 'paced';
    const rights = this.rightsOf(digestOf(key));
    if (rights !== null) return rights;
    this.#bucketOf(address).take(1, this.#now());
    return 'wrong';
  }

  /** What a key opens now; null: nothing. @param digest of it */
  rightsOf(digest: string): Rights | null {
    const { admin, viewer } = this.#digests;
    const given = Buffer.from(digest);
    const isAdmin = timingSafeEqual(given, Buffer.from(admin));
    const isViewer = viewer !== null && timingSafeEqual(given, Buffer.from(viewer));
    if (isAdmin) return 'admin';
    return isViewer ? 'viewer' : null;
  }

  #bucketOf(address: string): TokenBucket {
    let bucket = this.#wrong.get(address);
    if (bucket === undefined) {
      bucket = new TokenBucket(PER_SECOND, BURST, this.#now());
      const [oldest] = this.#wrong.keys();
      if (this.#wrong.size >= MAX_ADDRESSES && oldest !== undefined) this.#wrong.delete(oldest);
      this.#wrong.set(address, bucket);
    }
    return bucket;
  }
}
