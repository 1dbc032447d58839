import { timingSafeEqual } from 'node:crypto';
import type { DatabaseSync } from '../database/sqlite.ts';
import { CheckQueue } from './check-queue.ts';
import type { Fernet } from './fernet.ts';
import { HashChecker } from './hash-checker.ts';
import { digestKey, KeyTable, type StoredKey, type StoredKeys } from './key-table.ts';
import { VerdictCache } from './verdict-cache.ts';

/** Lifetimes and sizes are OpenAlgo's. */
const GOOD_KEYS = { lifetimeMs: 36_000_000, maxEntries: 1024 } as const;
const BAD_KEYS = { lifetimeMs: 300_000, maxEntries: 512 } as const;

/**
 * A check takes 64 MiB and some 60 ms of a core, on a busy machine longer. One after another, with twice that time between
 * them, they take about a third of a core, and less where other threads have work: the thread that they run in is one
 * that gives way. A pause is short enough that whoever comes in it has a turn in time, and long enough for machines that need
 * half a second for a check. As many wait as come to their turn in the time that a client gives us.
 */
const CHECK_LIMITS = { maxWaiting: 16, maxWaitMs: 3000, pauseFactor: 2, maxPauseMs: 1000 } as const;

/**
 * Tells whose API key a key is. A row whose encrypted copy we can decrypt costs one comparison of digests. Only rows that
 * we cannot decrypt (another salt) need Argon2; those verdicts are remembered until their row changes, so that a
 * regenerated key works at once and its predecessor no longer.
 */
export class KeyVerifier {
  readonly #table: KeyTable;
  readonly #pepper: string;
  readonly #now: () => number;
  readonly #queue = new CheckQueue(CHECK_LIMITS);
  readonly #checker = new HashChecker();
  readonly #good = new VerdictCache<StoredKey>(GOOD_KEYS);
  readonly #bad = new VerdictCache<{ readonly fingerprint: string }>(BAD_KEYS);
  readonly #inFlight = new Map<string, Promise<{ userId: string } | null>>();

  constructor(options: {
    readonly db: DatabaseSync;
    readonly pepper: string;
    readonly fernet: Fernet;
    /** Milliseconds; by default those of a clock that never goes back. */
    readonly now?: () => number;
  }) {
    this.#table = new KeyTable(options.db, options.fernet);
    this.#pepper = options.pepper;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * The OpenAlgo user whose key `key` is, or null.
   *
   * @param asker who takes turns with others where keys have to wait for Argon2
   * @throws TickwireError KEY_CHECKS_BUSY if too many keys wait for Argon2, or this one has for too long, KEY_CHECKS_CLOSED
   *   on the way down; and what SQLite throws if the database cannot be read
   */
  async verify(key: string, asker = ''): Promise<{ userId: string } | null> {
    const stored = this.#table.read();
    const digest = digestKey(key);
    const owner = ownerByDigest(stored.keys, digest);
    if (owner !== null) return { userId: owner.userId };

    const hashed = stored.keys.filter((row) => row.digest === null);
    if (hashed.length === 0) return null;
    const name = digest.toString('hex');
    const known = this.#recall(name, hashed, stored.fingerprint);
    return known === undefined ? this.#checkOnce(asker, name, key, hashed, stored) : known;
  }

  /** Refuses the keys that wait; a check that runs comes to its end. */
  async close(): Promise<void> {
    this.#queue.close();
    this.#good.clear();
    this.#bad.clear();
    await this.#checker.close();
  }

  #recall(
    name: string,
    hashed: readonly StoredKey[],
    fingerprint: string,
  ): { userId: string } | null | undefined {
    const now = this.#now();
    const good = this.#good.get(name, now);
    const row = hashed.find(({ userId, hash }) => userId === good?.userId && hash === good.hash);
    if (row !== undefined) return { userId: row.userId };
    return this.#bad.get(name, now)?.fingerprint === fingerprint ? null : undefined;
  }

  /** Equal keys that arrive while one is being checked share its verdict. */
  #checkOnce(
    asker: string,
    name: string,
    key: string,
    hashed: readonly StoredKey[],
    stored: StoredKeys,
  ): Promise<{ userId: string } | null> {
    const flight = `${name} ${stored.fingerprint}`;
    const earlier = this.#inFlight.get(flight);
    if (earlier !== undefined) return earlier;
    const check = this.#queue
      .run(asker, () => this.#check(name, key, hashed, stored.fingerprint))
      .finally(() => this.#inFlight.delete(flight));
    this.#inFlight.set(flight, check);
    return check;
  }

  async #check(
    name: string,
    key: string,
    hashed: readonly StoredKey[],
    fingerprint: string,
  ): Promise<{ userId: string } | null> {
    for (const row of hashed) {
      if (!(await this.#checker.matches({ hash: row.hash, key, pepper: this.#pepper }))) continue;
      this.#good.set(name, row, this.#now());
      return { userId: row.userId };
    }
    this.#bad.set(name, { fingerprint }, this.#now());
    return null;
  }
}

/** Every row is compared, in constant time, so that the time taken tells nothing of the key. */
function ownerByDigest(keys: readonly StoredKey[], digest: Buffer): StoredKey | null {
  let owner: StoredKey | null = null;
  for (const row of keys) {
    if (row.digest !== null && timingSafeEqual(row.digest, digest)) owner = row;
  }
  return owner;
}
