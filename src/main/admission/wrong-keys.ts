/** Counts wrong API keys per address, so that nobody tries one after another. */

/** Addresses that are remembered; beyond them the one whose time is over first is forgotten. */
const MAX_ADDRESSES = 100_000;

interface Attempts {
  count: number;
  /** ms; from the first of them, so that a client with an old key is not blocked for ever. */
  readonly endsMs: number;
}

export class WrongKeys {
  readonly #attempts = new Map<string, Attempts>();
  #limit: number;
  #windowMs: number;

  /** @param limit wrong keys within the window that block an address; 0: none ever does */
  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Others from now on. Times that run go on to their end. */
  setLimits(limit: number, windowMs: number): void {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** One more. @returns for how many ms the address is blocked from now on, 0 for not at all */
  note(address: string, nowMs: number): number {
    if (this.#limit === 0) return 0;
    const attempts = this.#current(address, nowMs);
    attempts.count++;
    return attempts.count < this.#limit ? 0 : attempts.endsMs - nowMs;
  }

  #current(address: string, nowMs: number): Attempts {
    const known = this.#attempts.get(address);
    if (known !== undefined && nowMs < known.endsMs) return known;
    this.#attempts.delete(address);
    this.#makeRoom(nowMs);
    const fresh: Attempts = { count: 0, endsMs: nowMs + this.#windowMs };
    this.#attempts.set(address, fresh);
    return fresh;
  }

  /** In the order of the map their times end, but for those that began before the time was made another one. */
  #makeRoom(nowMs: number): void {
    for (const [address, { endsMs }] of this.#attempts) {
      if (nowMs < endsMs && this.#attempts.size < MAX_ADDRESSES) return;
      this.#attempts.delete(address);
    }
  }
}
