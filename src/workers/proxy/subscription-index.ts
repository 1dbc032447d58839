/**
 * Who is subscribed to what, from the tick's side: for each slot the streams that somebody wants. A stream is one view of
 * an instrument in one framing with one set of features; it has one uWebSockets.js topic and one encoder, so a tick is
 * encoded once per stream however many clients there are, and not at all when nobody is there. Proxy worker thread.
 */
import {
  createTickEncoder,
  type FramingCounters,
  type FramingName,
  type TickEncoder,
} from '../../codec/framing.ts';
import type { Instrument, Mode } from '../../codec/tick.ts';
import type { SlotNeed } from '../worker-messages.ts';

/** One encoding of one view of an instrument. */
export interface Stream {
  readonly slot: number;
  readonly view: Mode;
  readonly features: number;
  readonly isBinary: boolean;
  readonly topic: string;
  readonly encoder: TickEncoder;
  subscribers: number;
}

const VIEWS = 4;

/** The streams of one instrument and where its ticks stand. */
export class InstrumentStreams {
  readonly instrument: Instrument;
  /** Streams with subscribers, by view (1 to 4). */
  readonly byView: readonly Stream[][] = Array.from({ length: VIEWS + 1 }, () => []);
  /** Subscribers who asked for sequence numbers get gap messages, on one topic per framing. */
  readonly gapSubscribers = { json: 0, msgpack: 0 };
  /** Latest tick that was published, of the modes LTP to DEPTH and of the deep overlay; epoch 0 before the first. */
  readonly base = { epoch: 0, seq: 0 };
  readonly deep = { epoch: 0, seq: 0 };

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  gapTopic(framing: FramingName): string {
    return `${this.instrument.slot}/gap/${framing}`;
  }

  /** The set of views that anybody wants, as bits `1 << view`. */
  views(): number {
    let bits = 0;
    for (let view = 1; view <= VIEWS; view++) if (this.byView[view]!.length > 0) bits |= 1 << view;
    return bits;
  }

  find(view: Mode, framing: FramingName, features: number): Stream | undefined {
    const isBinary = framing === 'msgpack';
    return this.byView[view]!.find((stream) => stream.isBinary === isBinary && stream.features === features);
  }

  create(view: Mode, framing: FramingName, features: number, counters: FramingCounters): Stream {
    const stream: Stream = {
      slot: this.instrument.slot,
      view,
      features,
      isBinary: framing === 'msgpack',
      topic: `${this.instrument.slot}/${view}/${framing}/${features}`,
      encoder: createTickEncoder(framing, this.instrument, view, features, { counters }),
      subscribers: 0,
    };
    this.byView[view]!.push(stream);
    return stream;
  }
}

export class SubscriptionIndex {
  /** What the encoders of all streams could not do in the ordinary way. */
  readonly counters: FramingCounters = { rounded: 0, repacked: 0 };
  readonly #slots: (InstrumentStreams | undefined)[] = [];
  #instruments = 0;

  /** Instruments that somebody here is subscribed to. */
  get instruments(): number {
    return this.#instruments;
  }

  /** Streams of a slot. Hot path; neither allocates nor throws. */
  get(slot: number): InstrumentStreams | undefined {
    return this.#slots[slot];
  }

  *all(): Generator<InstrumentStreams> {
    for (const streams of this.#slots) if (streams !== undefined) yield streams;
  }

  /** Counts a subscriber in. @returns the stream, whose topic the caller's socket subscribes to */
  add(instrument: Instrument, view: Mode, framing: FramingName, features: number): Stream {
    let streams = this.#slots[instrument.slot];
    if (streams === undefined) {
      streams = new InstrumentStreams(instrument);
      this.#slots[instrument.slot] = streams;
      this.#instruments++;
    }
    const stream =
      streams.find(view, framing, features) ?? streams.create(view, framing, features, this.counters);
    stream.subscribers++;
    return stream;
  }

  /** Counts a subscriber out. @returns the stream it was in */
  remove(slot: number, view: Mode, framing: FramingName, features: number): Stream | undefined {
    const streams = this.#slots[slot];
    const stream = streams?.find(view, framing, features);
    if (streams === undefined || stream === undefined) return undefined;
    stream.subscribers--;
    if (stream.subscribers === 0) {
      const list = streams.byView[view]!;
      list.splice(list.indexOf(stream), 1);
      if (streams.views() === 0) {
        this.#slots[slot] = undefined;
        this.#instruments--;
      }
    }
    return stream;
  }

  /** What this proxy needs of a slot now, for the control plane. */
  need(slot: number): SlotNeed {
    return { slot, modes: this.#slots[slot]?.views() ?? 0 };
  }
}
