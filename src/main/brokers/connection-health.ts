/**
 * Which connections of an account can be relied on. One that is not live is lost only after another one has been live for
 * as long: after an outage of all, or with new tokens, they come back one after the other. Pure but for its clock.
 */
import type { PlanRoom } from './pool-plan.ts';

/** For so long a connection gets nothing that was left because its ticks did not come. */
const AVOID_MS = 60_000;

interface Health {
  isLive: boolean;
  /** When it became what it is. */
  since: number;
  /** It was lost, and has not proved itself since. */
  wasLost: boolean;
  avoidedUntil: number;
}

export class ConnectionHealth {
  readonly #moveAfterMs: number;
  readonly #now: () => number;
  readonly #feeds = new Map<number, Health>();

  /**
   * @param moveAfterMs a connection that is not live for so long, while another one is, is lost; one that was lost has to be
   *   live for as long before it is relied on again
   * @param now monotonic, in ms
   */
  constructor(moveAfterMs: number, now: () => number = () => performance.now()) {
    this.#moveAfterMs = moveAfterMs;
    this.#now = now;
  }

  /** A connection that is being opened. */
  add(feed: number): void {
    this.#feeds.set(feed, { isLive: false, since: this.#now(), wasLost: false, avoidedUntil: 0 });
  }

  /** @returns whether it has become live just now */
  set(feed: number, isLive: boolean): boolean {
    const health = this.#feeds.get(feed)!;
    if (health.isLive === isLive) return false;
    if (isLive) health.wasLost ||= this.#isLost(health);
    else if (this.#ageOf(health) >= this.#moveAfterMs) health.wasLost = false;
    health.isLive = isLive;
    health.since = this.#now();
    return isLive;
  }

  /** It shall get nothing for a while. */
  avoid(feed: number): void {
    this.#feeds.get(feed)!.avoidedUntil = this.#now() + AVOID_MS;
  }

  stateOf(feed: number): PlanRoom['state'] {
    const health = this.#feeds.get(feed)!;
    if (health.isLive) return 'live';
    return this.#isLost(health) ? 'lost' : 'waiting';
  }

  isAvoided(feed: number): boolean {
    const health = this.#feeds.get(feed)!;
    if (this.#now() < health.avoidedUntil) return true;
    return health.isLive && health.wasLost && this.#ageOf(health) < this.#moveAfterMs;
  }

  /** In how many ms a connection will be judged in another way if nothing happens, null if none will. */
  nextChangeMs(): number | null {
    let next = Number.POSITIVE_INFINITY;
    for (const health of this.#feeds.values()) {
      // One that is live counts for itself and for those that are not.
      const proves = this.#moveAfterMs - this.#ageOf(health);
      if (proves > 0) next = Math.min(next, proves);
      const avoids = health.avoidedUntil - this.#now();
      if (avoids > 0) next = Math.min(next, avoids);
    }
    return Number.isFinite(next) ? next : null;
  }

  #isLost(health: Health): boolean {
    if (this.#ageOf(health) < this.#moveAfterMs) return false;
    return [...this.#feeds.values()].some((other) => other.isLive && this.#ageOf(other) >= this.#moveAfterMs);
  }

  #ageOf({ since }: Health): number {
    return this.#now() - since;
  }
}
