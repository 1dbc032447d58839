/**
 * One stream of ticks (an instrument's base ticks, or its deep depth ticks) on its way from one connection to another. The
 * taker gets the same ticks as the giver, some sooner, some later; it keeps what it gets until it is told where the giver
 * stopped, and goes on with the first tick behind that: none is left out, none comes twice.
 *
 * Feed worker thread; only while an instrument moves.
 */
import type { Mode } from '../../codec/tick.ts';
import { type KnownTick, tickOrder } from './tick-order.ts';

/** A tick that waits: a copy of its message. */
export interface HeldTick {
  readonly mode: Mode;
  readonly words: Int32Array;
  /** Absent values, as the normaliser returned them. */
  readonly flags: number;
}

/** More than one connection may be ahead of the other by; older ones than these were published by the giver long ago. */
const MOST_HELD = 32;
/** Two connections of one account are not further apart. A tick whose order is not known by then is published. */
const SETTLE_AFTER_MS = 500;

const NONE: readonly HeldTick[] = [];

export class StreamTaking {
  #held: HeldTick[] = [];
  /** The giver's last tick, while the place of the taker's ticks behind it is not found. */
  #last: KnownTick | null = null;
  #takenAt = 0;
  #isInterrupted = false;
  isSettled = false;
  /** Whether ticks may be missing between the giver's last one and the first that is published here. */
  isGap = false;

  get hasHeld(): boolean {
    return this.#held.length > 0;
  }

  /** Keeps a tick of the time before the stream is this connection's. */
  hold(tick: HeldTick): void {
    this.#held.push(tick);
    if (this.#held.length > MOST_HELD) this.#held.shift();
  }

  /** This connection was lost: what it had is of no use, and what comes may follow a gap. */
  interrupt(): void {
    this.#held = [];
    this.#isInterrupted = true;
  }

  /**
   * The stream is this connection's from now on.
   * @param last the giver's last tick, null when there was none
   * @returns ticks to publish now, in their order
   */
  begin(last: KnownTick | null, nowMs: number): readonly HeldTick[] {
    this.#takenAt = nowMs;
    this.#last = last;
    if (last === null) return this.#settle(0);
    const orders = this.#held.map(({ words }) => tickOrder(words, last));
    const met = orders.lastIndexOf('same');
    if (met >= 0) return this.#settle(met + 1);
    this.#held = this.#held.filter((_, i) => orders[i] !== 'older');
    // It came in the order of the exchange: had it met the giver's last tick, that tick would be among them.
    return orders.includes('newer') ? this.#leap() : NONE;
  }

  /** A tick after `begin`. @returns ticks to publish now, in their order */
  offer(tick: HeldTick, nowMs: number): readonly HeldTick[] {
    const order = this.#last === null ? 'newer' : tickOrder(tick.words, this.#last);
    if (order === 'same') return this.#settle(this.#held.length);
    if (order === 'newer') {
      this.#held.push(tick);
      return this.#leap();
    }
    // A clock that was set back must not silence the instrument.
    if (order === 'unknown' || this.#isLate(nowMs)) this.hold(tick);
    return this.settleLate(nowMs);
  }

  /** Publishes what cannot be put in order in time. @returns ticks to publish now */
  settleLate(nowMs: number): readonly HeldTick[] {
    return this.#isLate(nowMs) ? this.#leap() : NONE;
  }

  /** Publishes what is held, since this connection gives the stream away itself. */
  settleNow(): readonly HeldTick[] {
    return this.isSettled ? NONE : this.#leap();
  }

  #isLate(nowMs: number): boolean {
    return nowMs - this.#takenAt >= SETTLE_AFTER_MS;
  }

  /** Goes on behind the giver's last tick without having met it. */
  #leap(): readonly HeldTick[] {
    this.isGap = this.#isInterrupted;
    return this.#settle(0);
  }

  #settle(from: number): readonly HeldTick[] {
    const due = this.#held.slice(from);
    this.#held = [];
    this.#last = null;
    this.isSettled = true;
    return due;
  }
}
