import { parseTopic } from '../../codec/topic.ts';
import { EVENT_MARK } from './bus-event.ts';

/**
 * The prefixes that subscribers gave, as XPUB reports them. ZeroMQ filters by prefix on its own; knowing it here saves the
 * send (3 to 5 µs) for everything that nobody wants. Whole topics are apart from true prefixes, for there may be tens of
 * thousands of them, and each tick of a changed set has to be looked up. Bus worker thread.
 */
export class BusSubscriptions {
  readonly #whole = new Set<string>();
  readonly #prefixes = new Set<string>();
  /** How many prefixes have a length: a topic is looked up by these, however many prefixes there are. */
  readonly #lengths = new Map<number, number>();
  /** Subscriptions that ticks may match. */
  #ofTicks = 0;
  /** Rises with every change. */
  version = 0;

  get size(): number {
    return this.#whole.size + this.#prefixes.size;
  }

  /** Whether a tick may have a subscriber. */
  get hasTicks(): boolean {
    return this.#ofTicks > 0;
  }

  has(prefix: string): boolean {
    return this.#whole.has(prefix) || this.#prefixes.has(prefix);
  }

  add(prefix: string): void {
    if (this.has(prefix)) return;
    if (parseTopic(prefix) !== null) this.#whole.add(prefix);
    else {
      this.#prefixes.add(prefix);
      this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
    }
    if (isOfTicks(prefix)) this.#ofTicks++;
    this.version++;
  }

  delete(prefix: string): void {
    if (this.#prefixes.delete(prefix)) {
      const left = this.#lengths.get(prefix.length)! - 1;
      if (left > 0) this.#lengths.set(prefix.length, left);
      else this.#lengths.delete(prefix.length);
    } else if (!this.#whole.delete(prefix)) return;
    if (isOfTicks(prefix)) this.#ofTicks--;
    this.version++;
  }

  matches(topic: string): boolean {
    if (this.#whole.has(topic)) return true;
    for (const length of this.#lengths.keys()) {
      if (length <= topic.length && this.#prefixes.has(topic.slice(0, length))) return true;
    }
    return false;
  }
}

/** Whether a tick may match a prefix. */
export function isOfTicks(prefix: string): boolean {
  return !prefix.startsWith(EVENT_MARK);
}
