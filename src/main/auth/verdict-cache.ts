/** Remembers verdicts for a time, the newest `maxEntries` of them. */
export class VerdictCache<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly endsMs: number }>();
  readonly #lifetimeMs: number;
  readonly #maxEntries: number;

  constructor(limits: { readonly lifetimeMs: number; readonly maxEntries: number }) {
    this.#lifetimeMs = limits.lifetimeMs;
    this.#maxEntries = limits.maxEntries;
  }

  /** The verdict on `key` if it is remembered and its time has not run out. */
  get(key: string, nowMs: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || nowMs < entry.endsMs) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** Remembers a verdict from now on; the oldest one makes room if need be. */
  set(key: string, value: T, nowMs: number): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#maxEntries) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { value, endsMs: nowMs + this.#lifetimeMs });
  }

  clear(): void {
    this.#entries.clear();
  }
}
