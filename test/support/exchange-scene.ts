/** Feed workers' writing sides over one shared memory, without threads, sockets or an exchange. */
import { type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { levelCountOf, readInt64, WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { EpochClock } from '../../src/workers/epoch-clock.ts';
import { InstrumentFeed } from '../../src/workers/feed/instrument-feed.ts';
import { TickWriter } from '../../src/workers/feed/tick-writer.ts';
import { createDoorbells, DoorbellRinger } from '../../src/workers/ring/doorbell.ts';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import { RingTickSource } from '../../src/workers/ring/ring-tick-source.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
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
  tick(tick: ExchangeTick, mode?: Mode): void;
}

export class ExchangeScene {
  readonly lastValues: SharedArrayBuffer = LastValueTable.create(4);
  readonly slotOwners: SharedArrayBuffer = SlotOwners.create(4);
  readonly owners = new SlotOwners(this.slotOwners);
  readonly seen: SeenTick[] = [];
  readonly #rings = [0, 1, 2].map((feed) => ({ feed, ring: createRing(65_536) }));
  readonly #source = new RingTickSource(this.#rings, this.lastValues);
  readonly #doorbells = createDoorbells(1);
  #epoch = 1000;

  /** A worker of a feed that carries the instrument from now on; not yet as its owner if another one is. */
  connect(number: number, instrument: Instrument = RELIANCE): Connection {
    const carried: number[] = [];
    const epoch = ++this.#epoch;
    const writer = new TickWriter(
      new RingWriter(this.#rings[number]!.ring, epoch),
      new LastValueTable(this.lastValues),
      new DoorbellRinger(this.#doorbells),
      new EpochClock(),
      { owners: this.owners, feed: number, onCarried: (slots) => carried.push(...slots) },
    );
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
    return { writer, feed, carried, tick };
  }

  /** Reads what is there, as a proxy does. @returns the last prices of all ticks so far */
  drain(): number[] {
    this.#source.drain((words) => {
      this.seen.push({
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
