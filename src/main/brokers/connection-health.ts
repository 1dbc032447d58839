/** Which connections of an account can be relied on, by how long they have been live or not. Pure but for its clock. */
import type { PlanRoom } from './pool-plan.ts';

/** For so long a connection gets nothing that was left because its ticks did not come. */
const AVOID_MS = 60_000;

interface Health {
  isLive: boolean;
  /** When it became what it is. */
  since: number;
  /** It was not live for long, and has not proved itself since. */
  wasLost: boolean;
  avoidedUntil: number;
}

export class ConnectionHealth {
  readonly #moveAfterMs: number;
  readonly #now: () => number;
  readonly #feeds = new Map<number, Health>();

  /**
   * @param moveAfterMs a connection that is not live for so long is lost; one that was lost has to be live for as long
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
    const isProved = this.#ageOf(health) >= this.#moveAfterMs;
    if (isLive) health.wasLost ||= isProved;
    else if (isProved) health.wasLost = false;
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
    return this.#ageOf(health) >= this.#moveAfterMs ? 'lost' : 'waiting';
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
      const proves = this.#moveAfterMs - this.#ageOf(health);
      const isJudged = health.isLive ? health.wasLost : true;
      if (isJudged && proves > 0) next = Math.min(next, proves);
      const avoids = health.avoidedUntil - this.#now();
      if (avoids > 0) next = Math.min(next, avoids);
    }
    return Number.isFinite(next) ? next : null;
  }

  #ageOf({ since }: Health): number {
    return this.#now() - since;
  }
}
