/**
 * An instrument as the bus knows it: by its name. Several slots may have one name, since each user of a broker has slots of
 * its own, and so have foreign publishers; under a topic goes what one of them brings, or each tick would come twice.
 * Bus worker thread.
 */
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import {
  buildTickTemplate,
  priceDecimalsOf,
  QUOTE_END_WORD,
  QUOTE_OFFSET,
  type TickTemplate,
  WORD,
} from '../../codec/tick-message.ts';
import { formatTopic } from '../../codec/topic.ts';
import type { BusSubscriptions } from './bus-subscriptions.ts';
import { EpochShift } from './epoch-shift.ts';

const MODES: readonly Mode[] = Object.values(MODE);

/** What all slots of one name have in common. */
export function nameKey(name: Pick<Instrument, 'broker' | 'exchange' | 'symbol'>): string {
  return formatTopic(name, MODE.LTP);
}

/** How far one of the two streams of an instrument is: the ticks of modes LTP to DEPTH, or the deep overlay. */
export interface StreamPosition {
  /** Of the tick that was taken last, as its slot counts, whether or not anybody wanted it. */
  epoch: number;
  seq: number;
  /** The republish round of its last tick, or in which that was repeated. */
  round: number;
  readonly shift: EpochShift;
}

export class BusInstrument {
  /** By mode. */
  readonly topics: readonly string[];
  readonly base: StreamPosition;
  readonly deep: StreamPosition;
  /** Every slot of the name that is known. */
  readonly slots: Instrument[];
  /** The slot whose upstream subscription is the bus's own doing: it goes before others. */
  preferred: number | null = null;
  #followed: Instrument;
  #wanted = 0;
  #version = -1;
  #derived: (TickTemplate | undefined)[] = [];

  /** @param epochFloor the lowest epoch that its topics may have */
  constructor(instrument: Instrument, epochFloor: number) {
    this.base = { epoch: 0, seq: 0, round: 0, shift: new EpochShift(epochFloor) };
    this.deep = { epoch: 0, seq: 0, round: 0, shift: new EpochShift(epochFloor) };
    this.topics = ['', ...MODES.map((mode) => formatTopic(instrument, mode))];
    this.slots = [instrument];
    this.#followed = instrument;
  }

  /** The slot whose ticks go out. */
  get slot(): number {
    return this.#followed.slot;
  }

  /** The ticks of another slot go out from now on, in an epoch of their own. */
  follow(instrument: Instrument): void {
    this.#followed = instrument;
    this.#derived = [];
    for (const position of [this.base, this.deep]) {
      position.epoch = 0;
      position.seq = 0;
      position.shift.takeOver();
    }
  }

  /** The modes that somebody wants, as bits `1 << mode`. */
  wanted(subscriptions: BusSubscriptions): number {
    if (this.#version !== subscriptions.version) {
      this.#version = subscriptions.version;
      this.#wanted = 0;
      for (const mode of MODES) if (subscriptions.matches(this.topics[mode]!)) this.#wanted |= 1 << mode;
    }
    return this.#wanted;
  }

  /** The message of a lower mode with the numbers of a tick that contains it. The bytes are reused by the next call. */
  derive(words: Int32Array, mode: Mode): Uint8Array {
    let template = this.#derived[mode];
    if (template === undefined) {
      template = buildTickTemplate(this.#followed, mode, priceDecimalsOf(words));
      this.#derived[mode] = template;
    }
    const end = mode === MODE.QUOTE ? QUOTE_END_WORD : QUOTE_OFFSET / 4;
    for (let word: number = WORD.EPOCH; word < end; word++) {
      if (word !== WORD.MODE_AND_SCALE) template.words[word] = words[word]!;
    }
    return template.bytes;
  }
}
