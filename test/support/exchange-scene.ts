/** Feed workers' writing sides over one shared memory, without threads, sockets or an exchange. */
import { type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { levelCountOf, readInt64, WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { EpochClock } from '../../src/workers/epoch-clock.ts';
import { InstrumentFeed } from '../../src/workers/feed/instrument-feed.ts';
import { TickWriter } from '../../src/workers/feed/tick-writer.ts';
import { createDoorbells, DoorbellRinger } from '../../src/workers/ring/doorbell.ts';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing, RING_WORD } from '../../src/workers/ring/ring-layout.ts';
import { RingTickSource } from '../../src/workers/ring/ring-tick-source.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { loadPosition } from '../../src/workers/ring/shared-position.ts';
import { SlotOwners } from '../../src/workers/ring/slot-owners.ts';
import { RELIANCE } from './sample-tick.ts';

/** A tick of the exchange, as both connections get it. */
export interface ExchangeTick {
  readonly timeMs: number;
  /** 0: the instrument has no sequence numbers. */
  readonly seq: number;
  readonly ltp: number;
}

/** What a reader got. */
export interface SeenTick {
  readonly slot: number;
  readonly epoch: number;
  readonly seq: number;
  readonly ltp: number;
  readonly exchangeSeq: number;
  readonly flags: number;
  readonly mode: Mode;
}

/** One worker's writing side, and what it told main. */
export interface Connection {
  readonly writer: TickWriter;
  readonly feed: InstrumentFeed;
  readonly carried: number[];
  /** For a test that tells of it by itself. */
  isReported: boolean;
  tick(tick: ExchangeTick, mode?: Mode): void;
}

interface Worker {
  readonly writer: TickWriter;
  readonly carried: number[];
}

export class ExchangeScene {
  readonly lastValues: SharedArrayBuffer = LastValueTable.create(4);
  readonly slotOwners: SharedArrayBuffer = SlotOwners.create(4);
  readonly owners = new SlotOwners(this.slotOwners);
  readonly seen: SeenTick[] = [];
  readonly #rings = [0, 1, 2].map((feed) => ({ feed, ring: createRing(65_536) }));
  readonly #source = new RingTickSource(this.#rings, this.lastValues);
  readonly #writers = new Map<number, Worker>();
  readonly #doorbells = createDoorbells(1);
  #epoch = 1000;

  /** A new worker of a feed that carries the instrument from now on; not yet as its owner if another one is. */
  connect(number: number, instrument: Instrument = RELIANCE): Connection {
    this.restart(number);
    return this.carry(number, instrument, this.nextEpoch());
  }

  /** Another worker takes the place of the one before. */
  restart(number: number): void {
    this.#writers.get(number)?.writer.close();
    const carried: number[] = [];
    const writer = new TickWriter(
      new RingWriter(this.#rings[number]!.ring, this.nextEpoch()),
      new LastValueTable(this.lastValues),
      new DoorbellRinger(this.#doorbells),
      new EpochClock(),
      { owners: this.owners, feed: number, onCarried: (slots) => carried.push(...slots) },
    );
    this.#writers.set(number, { writer, carried });
  }

  writerOf(number: number): TickWriter {
    return this.#worker(number).writer;
  }

  /** End of what a feed has written. */
  ringPosition(number: number): number {
    return loadPosition(new Int32Array(this.#rings[number]!.ring), RING_WORD.TAIL);
  }

  #worker(number: number): Worker {
    if (!this.#writers.has(number)) this.restart(number);
    return this.#writers.get(number)!;
  }

  /** Main's epochs rise with every message. */
  nextEpoch(): number {
    return ++this.#epoch;
  }

  /** The worker of a feed carries an instrument from now on. */
  carry(number: number, instrument: Instrument, epoch: number): Connection {
    const { writer, carried } = this.#worker(number);
    const feed = new InstrumentFeed(instrument, 2, epoch);
    feed.wished = MODE.LTP;
    writer.begin(feed);
    const tick = ({ timeMs, seq, ltp }: ExchangeTick, mode: Mode = MODE.LTP) => {
      const template = feed.template(mode, mode === MODE.DEEP_DEPTH ? 20 : undefined);
      writeInt64(template.words, WORD.EXCHANGE_TIME_MS, timeMs);
      writeInt64(template.words, WORD.EXCHANGE_SEQ, seq);
      writeInt64(template.words, WORD.LTP, ltp);
      writer.publish(feed, template, 0);
    };
    return { writer, feed, carried, tick, isReported: false };
  }

  /** Reads what is there, as a proxy does. @returns the last prices of all ticks so far */
  drain(): number[] {
    this.#source.drain((words) => {
      this.seen.push({
        slot: words[WORD.SLOT]!,
        epoch: readInt64(words, WORD.EPOCH),
        seq: readInt64(words, WORD.SEQ),
        ltp: readInt64(words, WORD.LTP),
        exchangeSeq: readInt64(words, WORD.EXCHANGE_SEQ),
        flags: words[WORD.FLAGS]!,
        mode: levelCountOf(words) > 5 ? MODE.DEEP_DEPTH : MODE.LTP,
      });
    }, 1000);
    return this.seen.map(({ ltp }) => ltp);
  }

  /** The last price in the last-value table, null when there is none. */
  lastPrice(slot = 0): number | null {
    const words = new Int32Array(512);
    const count = this.#source.readLast(slot, false, words);
    return count === 0 ? null : readInt64(words, WORD.LTP);
  }
}
