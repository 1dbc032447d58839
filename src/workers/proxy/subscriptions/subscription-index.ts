/**
 * Who is subscribed to what, from the tick's side: for each slot the streams that somebody wants. A stream is one form of
 * an instrument's ticks: view, framing, features, dialect; it has one uWebSockets.js topic and one encoder, so a tick is
 * encoded once per stream however many clients there are, and not at all when nobody is there. Proxy worker thread.
 */

import type { Dialect } from '../../../codec/dialect.ts';
import {
  createTickEncoder,
  type FramingCounters,
  type FramingName,
  type TickEncoder,
} from '../../../codec/framing.ts';
import { DEPTH_LEVELS, type Instrument, MODE, type Mode } from '../../../codec/tick.ts';
import type { SlotNeed } from '../../worker-messages.ts';
import { LingeringNeeds } from '../sessions/lingering-needs.ts';
import type { StreamConflation } from '../slow/stream-conflation.ts';
import { IdleEncoders } from './idle-encoders.ts';
import { TopicMembers } from './topic-members.ts';

/** What the bytes of a tick depend on, beside the instrument. */
export interface StreamForm {
  readonly view: Mode;
  readonly framing: FramingName;
  /** Bits of FEATURE, of SHAPES_TICKS alone. */
  readonly features: number;
  readonly dialect: Dialect;
  /** Levels that a mode 4 subscription asked for, and those that it gets. */
  readonly depthLevel: number;
  readonly servedLevel: number;
}

/** A client that is not on the topics: see `direct-client.ts`. */
export interface DirectReceiver {
  sendBytes(bytes: Uint8Array, isBinary: boolean): void;
}

/** One encoding of one view of an instrument. */
export interface Stream {
  readonly slot: number;
  readonly instrument: Instrument;
  readonly form: StreamForm;
  /** The lowest mode of a tick that holds what the view shows: all ticks from this mode on are encoded for it. */
  readonly source: Mode;
  readonly isBinary: boolean;
  readonly topic: string;
  readonly encoder: TickEncoder;
  subscribers: number;
  /** Those of them that are on the topic: one that waits for its last value is none yet. */
  onTopic: number;
  /** Those of the subscribers that are not on the topic: each tick is sent to them one by one. */
  readonly directReceivers: DirectReceiver[];
  /** Its ticks for those of the subscribers that do not get every one; null while there are none. */
  conflation: StreamConflation | null;
  /** What was published on the topic since the stream was made, in bytes of WebSocket frames or a little less. */
  publishedBytes: number;
}

const MODES: readonly Mode[] = Object.values(MODE);

/** Five levels come with a depth tick; more only with a deep depth tick. */
function sourceOf({ view, servedLevel }: StreamForm): Mode {
  return view === MODE.DEEP_DEPTH && servedLevel <= DEPTH_LEVELS ? MODE.DEPTH : view;
}

function isSameForm(one: StreamForm, other: StreamForm): boolean {
  return (
    one === other ||
    (one.view === other.view &&
      one.features === other.features &&
      one.framing === other.framing &&
      one.depthLevel === other.depthLevel &&
      one.servedLevel === other.servedLevel &&
      one.dialect === other.dialect)
  );
}

function formKey({ view, framing, features, dialect, depthLevel, servedLevel }: StreamForm): string {
  return `${view}/${framing}/${features}/${dialect}/${depthLevel}/${servedLevel}`;
}

/** The latest tick that was published, and the highest mode in which it was; epoch 0 before the first. */
export interface Position {
  epoch: number;
  seq: number;
  mode: number;
  /** Where the subscribers stood who came over from another slot before the first tick; null once it has come. */
  continues: { readonly epoch: number; readonly seq: number } | null;
}

/** The streams of one instrument and where its ticks stand. */
export class InstrumentStreams {
  readonly instrument: Instrument;
  /** Streams with subscribers, by their source mode (1 to 4). */
  readonly bySource: readonly Stream[][] = [[], ...MODES.map(() => [])];
  /** Subscribers who asked for sequence numbers get gap messages, on one topic per framing. */
  readonly gapSubscribers = { json: 0, msgpack: 0 };
  /** Of the modes LTP to DEPTH, and of the deep overlay. */
  readonly base: Position = { epoch: 0, seq: 0, mode: 0, continues: null };
  readonly deep: Position = { epoch: 0, seq: 0, mode: 0, continues: null };

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  gapTopic(framing: FramingName): string {
    return `${this.instrument.slot}/gap/${framing}`;
  }

  /** The modes of ticks that anybody wants, as bits `1 << mode`. */
  modes(): number {
    let bits = 0;
    for (const mode of MODES) if (this.bySource[mode]!.length > 0) bits |= 1 << mode;
    return bits;
  }

  #topic(form: StreamForm): string {
    return `${this.instrument.slot}/${formKey(form)}`;
  }

  /** The stream of a form, if anybody is subscribed to it. */
  find(form: StreamForm): Stream | undefined {
    for (const stream of this.bySource[sourceOf(form)]!) if (isSameForm(stream.form, form)) return stream;
    return undefined;
  }

  /** The stream of a form, made if need be. */
  stream(form: StreamForm, idle: IdleEncoders, counters: FramingCounters): Stream {
    const known = this.find(form);
    if (known !== undefined) return known;
    const source = sourceOf(form);
    const topic = this.#topic(form);
    const { view, framing, features, dialect, depthLevel } = form;
    const stream: Stream = {
      slot: this.instrument.slot,
      instrument: this.instrument,
      form,
      source,
      isBinary: framing === 'msgpack',
      topic,
      encoder:
        idle.take(topic, this.instrument) ??
        createTickEncoder(framing, this.instrument, view, features, { dialect, depthLevel, counters }),
      subscribers: 0,
      onTopic: 0,
      directReceivers: [],
      conflation: null,
      publishedBytes: 0,
    };
    this.bySource[source]!.push(stream);
    return stream;
  }
}

export class SubscriptionIndex {
  /** What the encoders of all streams could not do in the ordinary way. */
  readonly counters: FramingCounters = { rounded: 0, repacked: 0 };
  readonly topics = new TopicMembers();
  readonly lingering = new LingeringNeeds();
  /** Streams that somebody is subscribed to. */
  streams = 0;
  readonly #slots: (InstrumentStreams | undefined)[] = [];
  readonly #idle = new IdleEncoders();
  #instruments = 0;

  /** Instruments that somebody here is subscribed to. */
  get instruments(): number {
    return this.#instruments;
  }

  /** Pairs of instrument and mode that somebody here is subscribed to. */
  get keys(): number {
    let keys = 0;
    for (const { bySource } of this.all()) for (const streams of bySource) if (streams.length > 0) keys++;
    return keys;
  }

  /** Streams of a slot. Hot path; neither allocates nor throws. */
  get(slot: number): InstrumentStreams | undefined {
    return this.#slots[slot];
  }

  *all(): Generator<InstrumentStreams> {
    for (const streams of this.#slots) if (streams !== undefined) yield streams;
  }

  /** Counts a subscriber in. @returns the stream, whose topic the caller's socket subscribes to */
  add(instrument: Instrument, form: StreamForm): Stream {
    let streams = this.#slots[instrument.slot];
    if (streams === undefined) {
      streams = new InstrumentStreams(instrument);
      this.#slots[instrument.slot] = streams;
      this.#instruments++;
    }
    const stream = streams.stream(form, this.#idle, this.counters);
    if (stream.subscribers === 0) this.streams++;
    stream.subscribers++;
    return stream;
  }

  /** Counts a subscriber out; its socket leaves the stream's topic by itself. */
  remove(stream: Stream): void {
    stream.subscribers--;
    if (stream.subscribers > 0) return;
    this.streams--;
    this.#idle.keep(stream.topic, stream.instrument, stream.encoder);
    const streams = this.#slots[stream.slot]!;
    const list = streams.bySource[stream.source]!;
    list.splice(list.indexOf(stream), 1);
    if (streams.modes() > 0) return;
    this.#slots[stream.slot] = undefined;
    this.#instruments--;
  }

  /** The modes of a slot that this proxy needs now, as bits `1 << mode`. */
  modes(slot: number): number {
    return (this.#slots[slot]?.modes() ?? 0) | this.lingering.modes(slot);
  }

  /** What this proxy needs of a slot now, for the control plane. */
  need(slot: number): SlotNeed {
    return { slot, modes: this.modes(slot) };
  }
}
