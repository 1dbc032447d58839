/**
 * What the bus wants of one instrument, and for how long: a mode is wanted while somebody is subscribed to its topic, and
 * for a while before (a proxy has asked for it and is about to subscribe) and after (a proxy that lost its connection is
 * about to come back). Bus worker thread.
 */
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import type { SlotNeed } from '../worker-messages.ts';

const MODES: readonly Mode[] = Object.values(MODE);
const NEVER = 0;

export class BusWish {
  /** Whose session has it; empty for any of its broker. */
  account: string;
  instrument: Instrument;
  /** The slot of foreign publishers' ticks of the same name. */
  foreign: Instrument | null = null;
  /** By mode: the time at which it is wanted no more, ms; infinite while somebody is subscribed. */
  readonly #until: number[] = [NEVER, NEVER, NEVER, NEVER, NEVER];

  constructor(instrument: Instrument, account: string) {
    this.instrument = instrument;
    this.account = account;
  }

  has(mode: Mode): boolean {
    return this.#until[mode] !== NEVER;
  }

  subscribe(mode: Mode): void {
    this.#until[mode] = Number.POSITIVE_INFINITY;
  }

  /** Nobody is subscribed any more. */
  unsubscribe(mode: Mode, until: number): void {
    if (this.#until[mode] === Number.POSITIVE_INFINITY) this.#until[mode] = until;
  }

  /**
   * Is wanted at least until then. Nothing is kept for a mode that a subscribed one contains: who has that one subscribes to
   * no other, and a lower mode would only outlast it.
   */
  lease(mode: Mode, until: number): void {
    const isContained =
      mode !== MODE.DEEP_DEPTH && this.subscribed.some((each) => each > mode && each !== MODE.DEEP_DEPTH);
    if (!isContained) this.#until[mode] = Math.max(this.#until[mode]!, until);
  }

  /** Ends the modes whose time is over. @returns whether there were any */
  lapse(now: number): boolean {
    let hasLapsed = false;
    for (const mode of MODES) {
      if (!this.has(mode) || this.#until[mode]! > now) continue;
      this.#until[mode] = NEVER;
      hasLapsed = true;
    }
    return hasLapsed;
  }

  /** Whether some mode will end by itself. */
  get isEnding(): boolean {
    return this.#until.some((until) => until !== NEVER && until !== Number.POSITIVE_INFINITY);
  }

  /** The modes that somebody is subscribed to. */
  get subscribed(): readonly Mode[] {
    return MODES.filter((mode) => this.#until[mode] === Number.POSITIVE_INFINITY);
  }

  /** The modes that are wanted, as bits `1 << mode`. */
  get modes(): number {
    let modes = 0;
    for (const mode of MODES) if (this.has(mode)) modes |= 1 << mode;
    return modes;
  }

  /** What main is told of its slots. */
  get needs(): SlotNeed[] {
    const { modes } = this;
    const own = { slot: this.instrument.slot, modes };
    return this.foreign === null ? [own] : [own, { slot: this.foreign.slot, modes }];
  }
}
