/**
 * How old ticks are when they are handed to the socket library. The clock is read once for all that a drain has brought,
 * at its end, so none is told younger than it was. Reader thread.
 *
 * A tick costs two stores here, and two counts at the end of the drain.
 */
import { WORD } from '../../codec/tick-message.ts';
import { EpochClock } from '../epoch-clock.ts';
import { HopHistogram } from './hop-histogram.ts';
import type { HopMeasure } from './thread-measures.ts';

/** Ticks that wait for the clock; a drain that brings more reads it more often. */
const CAPACITY = 2048;
const TWO_32 = 4294967296;

export class SendHops {
  readonly #to: 'clients' | 'bus';
  readonly #clock = new EpochClock();
  readonly #now = new Int32Array(2);
  /** High word from which times are counted: what is left is exact in a double, which ns since 1970 are not. */
  readonly #baseHigh: number;
  /** When those that wait were received, and published; ns. */
  readonly #received = new Float64Array(CAPACITY);
  readonly #published = new Float64Array(CAPACITY);
  #waiting = 0;
  readonly #publishToSend = new HopHistogram();
  readonly #receiveToSend = new HopHistogram();
  /** Ticks that seem to be sent before they were published: the clock of the host that did it is ahead. */
  ahead = 0;

  constructor(to: 'clients' | 'bus') {
    this.#to = to;
    this.#clock.stamp(this.#now, 0);
    this.#baseHigh = this.#now[1]!;
  }

  /** Follows a wall clock that was set. To be called now and then from a timer. */
  adjustClock(): void {
    this.#clock.adjust();
  }

  /** The tick is being sent. Hot path; neither allocates nor throws. */
  note(words: Int32Array): void {
    if (this.#waiting === CAPACITY) this.settle();
    const at = this.#waiting++;
    this.#received[at] = this.#time(words, WORD.RECEIVE_TIME_NS);
    this.#published[at] = this.#time(words, WORD.PUBLISH_TIME_NS);
  }

  /** All that was noted is sent now. Hot path, once a drain; neither allocates nor throws. */
  settle(): void {
    const count = this.#waiting;
    if (count === 0) return;
    this.#waiting = 0;
    this.#clock.stamp(this.#now, 0);
    const now = this.#time(this.#now, 0);
    this.#receiveToSend.recordAges(this.#received, count, now);
    this.ahead += this.#publishToSend.recordAges(this.#published, count, now);
  }

  /** What was recorded since the last call. */
  take(): HopMeasure[] {
    const measures: HopMeasure[] = [];
    const add = (hop: HopMeasure['hop'], histogram: HopHistogram) => {
      const increment = histogram.take();
      if (increment !== null) measures.push({ hop, exchange: '', to: this.#to, increment });
    };
    add('publish_to_send', this.#publishToSend);
    add('receive_to_send', this.#receiveToSend);
    return measures;
  }

  #time(words: Int32Array, word: number): number {
    return (words[word + 1]! - this.#baseHigh) * TWO_32 + (words[word]! >>> 0);
  }
}
