/** A tick publisher of the bus over real rings, and slots whose ticks a test writes by hand. */
import { FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { buildTickTemplate, type TickTemplate, WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { BusSubscriptions } from '../../src/workers/bus/bus-subscriptions.ts';
import { TickPublisher } from '../../src/workers/bus/tick-publisher.ts';
import { KIND, LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import { RingTickSource } from '../../src/workers/ring/ring-tick-source.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';

/** What was published, with the tick's place in its slot's stream. */
export interface PublishedTick {
  readonly topic: string;
  readonly epoch: number;
  readonly seq: number;
  readonly mode: number;
  readonly isSnapshot: boolean;
  /** As the slot itself counts. */
  readonly slot: number;
  readonly ownEpoch: number;
}

const RELIANCE = { broker: 'angel', exchange: 'NSE', symbol: 'RELIANCE', segment: 1 };

/** A slot of a name, with the feed that writes it. */
export class SceneSlot {
  readonly instrument: Instrument;
  readonly #lastValues: LastValueTable;
  readonly #ring: RingWriter;
  readonly #templates = new Map<Mode, TickTemplate>();
  epoch = 0;
  seq = 0;

  constructor(instrument: Instrument, lastValues: LastValueTable, ring: RingWriter) {
    this.instrument = instrument;
    this.#lastValues = lastValues;
    this.#ring = ring;
  }

  /** The stream begins anew. */
  begin(epoch: number): void {
    this.stop();
    this.epoch = epoch;
    this.seq = 0;
  }

  /** The stream ends. */
  stop(): void {
    this.#lastValues.clear(this.instrument.slot);
  }

  tick(mode: Mode = MODE.QUOTE): void {
    let template = this.#templates.get(mode);
    if (template === undefined) {
      template = buildTickTemplate(this.instrument, mode, 2);
      this.#templates.set(mode, template);
    }
    const { words } = template;
    this.seq++;
    writeInt64(words, WORD.EPOCH, this.epoch);
    writeInt64(words, WORD.SEQ, this.seq);
    writeInt64(words, WORD.EXCHANGE_SEQ, this.epoch);
    const kind = mode === MODE.DEEP_DEPTH ? KIND.DEEP : KIND.BASE;
    this.#lastValues.write(this.instrument.slot, kind, words, words.length);
    this.#ring.write(words, words.length);
  }
}

export class PublisherScene {
  readonly published: PublishedTick[] = [];
  readonly subscriptions = new BusSubscriptions();
  readonly ended = new Set<number>();
  readonly slots: readonly SceneSlot[];
  readonly publisher: TickPublisher;

  /** @param names symbol of each slot, in their order; each slot has a ring of its own */
  constructor(names: readonly string[], epochFloor = 0) {
    const lastValues = LastValueTable.create(names.length);
    const table = new LastValueTable(lastValues);
    const rings = names.map((_, feed) => ({ feed, ring: createRing(65_536) }));
    this.slots = names.map((symbol, slot) => {
      const instrument = { ...RELIANCE, symbol, slot, token: String(slot) };
      return new SceneSlot(instrument, table, new RingWriter(rings[slot]!.ring, 1));
    });
    const pushTick = (topic: string, bytes: Uint8Array) => void this.published.push(readTick(topic, bytes));
    this.publisher = new TickPublisher({
      outlet: { pushTick },
      source: new RingTickSource(rings, lastValues),
      subscriptions: this.subscriptions,
      isEnded: (slot) => this.ended.has(slot),
      epochFloor,
    });
  }

  /** Ticks published since the last call. */
  take(): PublishedTick[] {
    return this.published.splice(0);
  }
}

function readTick(topic: string, bytes: Uint8Array): PublishedTick {
  const words = new Int32Array(bytes.slice().buffer);
  const int = (word: number) => words[word + 1]! * 2 ** 32 + (words[word]! >>> 0);
  return {
    topic,
    epoch: int(WORD.EPOCH),
    seq: int(WORD.SEQ),
    mode: words[WORD.MODE_AND_SCALE]! & 0xff,
    isSnapshot: (words[WORD.FLAGS]! & FLAG.SNAPSHOT) !== 0,
    slot: words[WORD.SLOT]!,
    ownEpoch: int(WORD.EXCHANGE_SEQ),
  };
}
