/** Whether a key opens the dashboard, and for what. The thread that strangers talk to knows digests only. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { TokenBucket } from '../../workers/proxy/admission/token-bucket.ts';

/** SHA-256 of each key, hex; null where there is none. */
export interface KeyDigests {
  readonly admin: string;
  readonly viewer: string | null;
}

export type Rights = 'admin' | 'viewer';

/** `paced`: too many wrong ones came from the address, and this one was not looked at, or is one of them. */
export type KeyVerdict = Rights | 'wrong' | 'paced';

/** Wrong keys of an address in one go, and then per second. */
const BURST = 5;
const PER_SECOND = 0.5;
/** Addresses that are remembered; the one that was first seen makes room. */
const MAX_ADDRESSES = 1000;
/** Wrong keys of an address that are remembered; the first makes room. */
const MAX_WRONG_KEYS = 16;
/** So long an address that had a right key may come back with it, whoever guesses there. */
const KNOWN_MS = 12 * 3_600_000;

/** Who guesses at an address. */
interface Guesser {
  /** Of keys that it had not tried. */
  readonly guesses: TokenBucket;
  /** Of keys that it had: they say nothing new, and keep nobody waiting but who repeats them. */
  readonly repeats: TokenBucket;
  /** Digests. */
  readonly wrong: Set<string>;
}

export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export class KeyCheck {
  #digests: KeyDigests;
  readonly #now: () => number;
  readonly #guessers = new Map<string, Guesser>();
  /** When a right key came last, by address and digest. */
  readonly #known = new Map<string, number>();
  /** How many keys opened nothing. */
  readonly refused = { wrongKeys: 0, pacedKeys: 0 };

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
   * Compares in constant time. Many may share an address: a tunnel, a proxy, programs of this host. So a program that repeats
   * an old key keeps nobody out, and who guesses keeps nobody out who was there before.
   *
   * @param address whose wrong keys are counted together
   */
  look(key: string, address: string): KeyVerdict {
    const verdict = this.#judge(key, address);
    if (verdict === 'wrong') this.refused.wrongKeys++;
    else if (verdict === 'paced') this.refused.pacedKeys++;
    return verdict;
  }

  #judge(key: string, address: string): KeyVerdict {
    const now = this.#now();
    const digest = digestOf(key);
    const rights = this.rightsOf(digest);
    const guesser = this.#guessers.get(address);
    const isPaced = guesser !== undefined && guesser.guesses.waitMs(1, now) > 0;
    if (rights !== null) {
      if (isPaced && !this.#isKnown(address, digest, now)) return 'paced';
      this.#know(address, digest, now);
      return rights;
    }
    if (guesser?.wrong.has(digest)) return guesser.repeats.take(1, now) ? 'wrong' : 'paced';
    if (isPaced) return 'paced';
    this.#noteGuess(guesser ?? this.#newGuesser(address, now), digest, now);
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

  #isKnown(address: string, digest: string, now: number): boolean {
    const at = this.#known.get(`${address} ${digest}`);
    return at !== undefined && now - at < KNOWN_MS;
  }

  #know(address: string, digest: string, now: number): void {
    const name = `${address} ${digest}`;
    // Behind the others, so that the one that has not come for longest makes room.
    this.#known.delete(name);
    makeRoom(this.#known, MAX_ADDRESSES);
    this.#known.set(name, now);
  }

  #noteGuess({ guesses, wrong }: Guesser, digest: string, now: number): void {
    guesses.take(1, now);
    makeRoom(wrong, MAX_WRONG_KEYS);
    wrong.add(digest);
  }

  #newGuesser(address: string, now: number): Guesser {
    const guesser = {
      guesses: new TokenBucket(PER_SECOND, BURST, now),
      repeats: new TokenBucket(PER_SECOND, BURST, now),
      wrong: new Set<string>(),
    };
    makeRoom(this.#guessers, MAX_ADDRESSES);
    this.#guessers.set(address, guesser);
    return guesser;
  }
}

/** Lets the first go where there is no place for another. */
function makeRoom(collection: Pick<Map<string, unknown>, 'size' | 'keys' | 'delete'>, max: number): void {
  const [oldest] = collection.keys();
  if (collection.size >= max && oldest !== undefined) collection.delete(oldest);
}
