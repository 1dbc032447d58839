/**
 * The instruments that the bus knows, by slot and by name, and which slot of a name its topics follow: the one that the bus
 * itself has subscribed, once it has a last value; else the first that has one, until it has none any more or the session
 * behind it has ended. Bus worker thread.
 */
import type { Instrument } from '../../codec/tick.ts';
import type { RingTickSource } from '../ring/ring-tick-source.ts';
import { BusInstrument, nameKey } from './bus-instrument.ts';

export interface BusInstrumentsOptions {
  readonly source: Pick<RingTickSource, 'hasLast'>;
  /** Whether the broker session behind a slot has ended, so that another user's slot is as good as any. */
  readonly isEnded: (slot: number) => boolean;
  /** Lowest epoch that any topic may have. */
  readonly epochFloor: number;
}

export class BusInstruments {
  readonly #options: BusInstrumentsOptions;
  readonly #slots: (BusInstrument | undefined)[] = [];
  readonly #names = new Map<string, BusInstrument>();
  /** Times that a topic went on with another slot. */
  takeovers = 0;

  constructor(options: BusInstrumentsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#names.size;
  }

  all(): Iterable<BusInstrument> {
    return this.#names.values();
  }

  bySlot(slot: number): BusInstrument | undefined {
    return this.#slots[slot];
  }

  byName(name: Pick<Instrument, 'broker' | 'exchange' | 'symbol'>): BusInstrument | undefined {
    return this.#names.get(nameKey(name));
  }

  /** Makes a slot known, before its first tick or with it. */
  learn(instrument: Instrument): BusInstrument {
    const known = this.#slots[instrument.slot];
    if (known !== undefined) return known;
    const key = nameKey(instrument);
    let entry = this.#names.get(key);
    if (entry === undefined) {
      entry = new BusInstrument(instrument, this.#options.epochFloor);
      this.#names.set(key, entry);
    } else entry.slots.push(instrument);
    this.#slots[instrument.slot] = entry;
    return entry;
  }

  /**
   * A tick of a slot that is not followed: whether it is followed from now on. Hot path where several slots of a name have
   * ticks; neither allocates nor throws unless the answer is yes.
   */
  takesOver(entry: BusInstrument, slot: number): boolean {
    // What is left in a ring of a slot that was given back is no reason.
    const isBetter = slot === entry.preferred && this.#options.source.hasLast(slot);
    if (!isBetter && this.#isAlive(entry.slot)) return false;
    this.#follow(
      entry,
      entry.slots.find((each) => each.slot === slot),
    );
    return true;
  }

  /** Before last values are read: sees to it that a slot is followed that has one, if there is any. */
  settle(entry: BusInstrument): void {
    if (entry.slots.length === 1) return;
    const isPreferred = entry.slot === entry.preferred || entry.preferred === null;
    if (isPreferred && this.#isAlive(entry.slot)) return;
    const alive = entry.slots.filter(({ slot }) => this.#isAlive(slot));
    const best = alive.find(({ slot }) => slot === entry.preferred);
    if (best === undefined && alive.some(({ slot }) => slot === entry.slot)) return;
    const chosen = best ?? alive[0];
    if (chosen?.slot !== entry.slot) this.#follow(entry, chosen);
  }

  #follow(entry: BusInstrument, instrument: Instrument | undefined): void {
    if (instrument === undefined) return;
    entry.follow(instrument);
    this.takeovers++;
  }

  #isAlive(slot: number): boolean {
    return this.#options.source.hasLast(slot) && !this.#options.isEnded(slot);
  }
}
