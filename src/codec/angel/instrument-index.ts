/**
 * Finds what belongs to a frame's instrument without making a string of its token: a chained hash table on exchange
 * type and token bytes. "007" and "7" are different tokens, and so are equal tokens of two exchange types.
 */
import type { AngelFrame } from './frame-decoder.ts';
import { TOKEN_BYTES } from './frame-layout.ts';

interface Entry<T> {
  readonly hash: number;
  readonly exchangeType: number;
  readonly token: Uint8Array;
  value: T;
  next: Entry<T> | undefined;
}

const INITIAL_BUCKETS = 64;
const ENCODER = new TextEncoder();

/** A table from (exchange type, token) to `T`, looked up with a frame. One thread. */
export class InstrumentIndex<T> {
  #buckets: (Entry<T> | undefined)[] = new Array(INITIAL_BUCKETS).fill(undefined);
  #size = 0;

  /** Number of instruments. */
  get size(): number {
    return this.#size;
  }

  /**
   * Sets the value of an instrument, in place of an earlier one.
   *
   * @throws RangeError when no frame can carry the token: more than 25 bytes of UTF-8, or a NUL inside
   */
  set(exchangeType: number, token: string, value: T): void {
    const bytes = ENCODER.encode(token);
    if (bytes.length > TOKEN_BYTES || bytes.includes(0)) {
      throw new RangeError(
        `token ${JSON.stringify(token)} of exchange type ${exchangeType} fits no frame: ` +
          `at most ${TOKEN_BYTES} bytes without NUL`,
      );
    }
    const hash = hashOf(exchangeType, bytes, bytes.length);
    const found = this.#find(hash, exchangeType, bytes, bytes.length);
    if (found !== undefined) {
      found.value = value;
      return;
    }
    if (this.#size === this.#buckets.length) this.#grow();
    this.#insert({ hash, exchangeType, token: bytes, value, next: undefined });
    this.#size++;
  }

  /** Removes an instrument; one that is not there is ignored. */
  delete(exchangeType: number, token: string): void {
    const bytes = ENCODER.encode(token);
    const hash = hashOf(exchangeType, bytes, bytes.length);
    const found = this.#find(hash, exchangeType, bytes, bytes.length);
    if (found === undefined) return;
    const bucket = hash & (this.#buckets.length - 1);
    let before = this.#buckets[bucket];
    if (before === found) {
      this.#buckets[bucket] = found.next;
    } else {
      while (before !== undefined && before.next !== found) before = before.next;
      if (before !== undefined) before.next = found.next;
    }
    this.#size--;
  }

  /** Value of a decoded frame's instrument. Feed worker; neither allocates nor throws. */
  find(frame: AngelFrame): T | undefined {
    const { exchangeType, token, tokenLength } = frame;
    return this.#find(hashOf(exchangeType, token, tokenLength), exchangeType, token, tokenLength)?.value;
  }

  #find(hash: number, exchangeType: number, token: Uint8Array, length: number): Entry<T> | undefined {
    let entry = this.#buckets[hash & (this.#buckets.length - 1)];
    while (entry !== undefined) {
      if (
        entry.hash === hash &&
        entry.exchangeType === exchangeType &&
        sameToken(entry.token, token, length)
      ) {
        return entry;
      }
      entry = entry.next;
    }
    return undefined;
  }

  #insert(entry: Entry<T>): void {
    const bucket = entry.hash & (this.#buckets.length - 1);
    entry.next = this.#buckets[bucket];
    this.#buckets[bucket] = entry;
  }

  #grow(): void {
    const old = this.#buckets;
    this.#buckets = new Array(old.length * 2).fill(undefined);
    for (const head of old) {
      for (let entry = head; entry !== undefined; ) {
        const next: Entry<T> | undefined = entry.next;
        this.#insert(entry);
        entry = next;
      }
    }
  }
}

/** FNV-1a over the exchange type and the token's bytes. */
function hashOf(exchangeType: number, token: Uint8Array, length: number): number {
  let hash = Math.imul(0x811c9dc5 ^ exchangeType, 0x01000193);
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ token[i]!, 0x01000193);
  return hash;
}

function sameToken(own: Uint8Array, token: Uint8Array, length: number): boolean {
  if (own.length !== length) return false;
  for (let i = 0; i < length; i++) if (own[i] !== token[i]) return false;
  return true;
}
