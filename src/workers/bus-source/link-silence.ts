/**
 * Whether a feed host is silent, counted in looks of our own: a look that comes late because this thread was busy counts
 * once, however late it is, and what waits in the socket is read before the next.
 */

/** Looks per heartbeat. */
export const LOOKS_PER_HEARTBEAT = 2;

export class LinkSilence {
  readonly #limit: number;
  #silentLooks = 0;

  /** @param heartbeats silent for so many is away */
  constructor(heartbeats: number) {
    this.#limit = heartbeats * LOOKS_PER_HEARTBEAT;
  }

  /** Something came. */
  heard(): void {
    this.#silentLooks = 0;
  }

  /** @returns whether the host is away */
  look(): boolean {
    this.#silentLooks++;
    return this.#silentLooks > this.#limit;
  }
}
