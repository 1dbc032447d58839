/**
 * The last value first, then the stream, without gap or duplicate. Proxy worker thread.
 *
 * The feed worker writes a tick to the last-value table before it commits it to the ring. So when the table shows tick S,
 * the ring holds everything up to S - 1, and a reader that has drained it stands at S - 1 or later. If it stands at S,
 * snapshot and stream meet. If it stands at S - 1, tick S is published from the table now; its copy in the ring is then
 * dropped as delivered. Otherwise there is something left to drain.
 */
import { FLAG } from '../../../codec/tick.ts';
import { MAX_DEEP_TICK_BYTES, readInt64, WORD } from '../../../codec/tick-message.ts';
import { EpochClock } from '../../epoch-clock.ts';
import type { TickSource } from '../../tick-source.ts';
import type { Broadcaster } from '../broadcaster.ts';
import type { InstrumentStreams } from './subscription-index.ts';

const DRAIN_LIMIT = 4096;
/** The market may move while we drain; after so many rounds the table's tick is taken as it is. */
const MAX_ROUNDS = 16;

export class SnapshotJoin {
  readonly words = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  readonly doubles = new Float64Array(this.words.buffer);
  readonly #source: TickSource;
  readonly #broadcaster: Broadcaster;
  readonly #clock = new EpochClock();
  readonly #now = new Int32Array(2);

  constructor(source: TickSource, broadcaster: Broadcaster) {
    this.#source = source;
    this.#broadcaster = broadcaster;
  }

  /**
   * Brings the stream of an instrument to its last value, which is then in `words`, flagged as a snapshot. A client that
   * subscribes in the same turn continues exactly behind it.
   * @returns whether there is a last value
   */
  meet(streams: InstrumentStreams, deep: boolean): boolean {
    for (let round = 0; ; round++) {
      if (this.#source.readLast(streams.instrument.slot, deep, this.words) === 0) {
        // What lies in the ring came before the interruption that took the last value away: it is not for who joins now.
        if (round === MAX_ROUNDS || !this.#source.hasTicks()) return false;
        this.#broadcaster.drain(DRAIN_LIMIT);
        continue;
      }
      const epoch = readInt64(this.words, WORD.EPOCH);
      const seq = readInt64(this.words, WORD.SEQ);
      const position = deep ? streams.deep : streams.base;
      const isNext = epoch === position.epoch && seq === position.seq + 1;
      if (epoch === position.epoch && seq === position.seq) break;
      // Epoch 0: nobody here has had a tick of it yet. Somebody may wait for its first one, and that may be in the ring.
      const isFirst = position.epoch === 0 && !this.#source.hasTicks();
      if (isNext || isFirst || round === MAX_ROUNDS) {
        this.#broadcaster.onTick(this.words, this.doubles);
        break;
      }
      this.#broadcaster.drain(DRAIN_LIMIT);
    }
    this.words[WORD.FLAGS] = this.words[WORD.FLAGS]! | FLAG.SNAPSHOT;
    return true;
  }

  /**
   * For a client that has joined a stream without a snapshot: whether the stream passed by a tick that it should have had,
   * one that came while it waited for its confirmation. Such a tick is in `words` then, to be sent to this client alone.
   * Everything that is still in the ring comes to it through the stream.
   *
   * @param since receive time, ns since 1970, of the earliest tick that concerns the client
   */
  passedBy(streams: InstrumentStreams, deep: boolean, since: number): boolean {
    const position = deep ? streams.deep : streams.base;
    if (position.epoch !== 0) {
      if (!this.#readSince(streams, deep, since)) return false;
      const epoch = readInt64(this.words, WORD.EPOCH);
      return epoch === position.epoch && readInt64(this.words, WORD.SEQ) === position.seq;
    }
    // Nobody here has had a tick of it: either one is in the ring, or it was drained when nobody wanted it.
    for (let round = 0; position.epoch === 0 && this.#readSince(streams, deep, since); round++) {
      // Looked at behind the table: what came before its tick is in the ring then, and may be the first one for somebody.
      if (!this.#source.hasTicks() || round === MAX_ROUNDS)
        this.#broadcaster.onTick(this.words, this.doubles);
      else this.#broadcaster.drain(DRAIN_LIMIT);
    }
    return false;
  }

  #readSince(streams: InstrumentStreams, deep: boolean, since: number): boolean {
    if (this.#source.readLast(streams.instrument.slot, deep, this.words) === 0) return false;
    return readInt64(this.words, WORD.RECEIVE_TIME_NS) >= since;
  }

  /** Follows a wall clock that was set. To be called now and then from a timer. */
  adjustClock(): void {
    this.#clock.adjust();
  }

  /** The present time as int64, ns since 1970; the words are reused by the next call. */
  now(): Int32Array {
    this.#clock.stamp(this.#now, 0);
    return this.#now;
  }
}
