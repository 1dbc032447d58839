/**
 * Bounds the sockets of the operator's listener, dashboards included: each holds a file descriptor, which clients and brokers
 * need. The library gives up a socket that asks for nothing after some ten seconds. Thread of the operator's listener.
 */

/** A browser takes some six for a moment, and one for long. */
export const MAX_SOCKETS = 64;
/** Of those, dashboards: the others are left to metrics and health. */
export const MAX_DASHBOARDS = 48;
/** So often it is told that there are too many. */
const TELL_EVERY_MS = 60_000;

export class SocketPlaces {
  readonly #dashboards: () => number;
  readonly #onFull: () => void;
  readonly #now: () => number;
  /** Sockets that are no dashboard's. */
  #sockets = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** How many found no place. */
  readonly refused = { refusedSockets: 0, refusedDashboards: 0 };

  /**
   * @param dashboards how many are open
   * @param onFull told at most once a minute that a socket found no place
   * @param now ms of a clock that never goes back
   */
  constructor(dashboards: () => number, onFull: () => void, now: () => number = () => performance.now()) {
    this.#dashboards = dashboards;
    this.#onFull = onFull;
    this.#now = now;
  }

  /** A socket that was not a dashboard's becomes one's. @returns false, and nothing changes, when there are too many */
  becomeDashboard(): boolean {
    if (this.#dashboards() >= MAX_DASHBOARDS) {
      this.refused.refusedDashboards++;
      return false;
    }
    this.leave();
    return true;
  }

  /** A new socket. @param close ends it, which is told to `leave` as every end is */
  enter(close: () => void): void {
    this.#sockets++;
    if (this.#sockets + this.#dashboards() <= MAX_SOCKETS) return;
    this.refused.refusedSockets++;
    const now = this.#now();
    if (now - this.#toldAt >= TELL_EVERY_MS) {
      this.#toldAt = now;
      this.#onFull();
    }
    close();
  }

  /** A socket that was no dashboard's has gone. */
  leave(): void {
    this.#sockets--;
  }
}
