/**
 * From the tick source to the clients' sockets: finds who wants a tick, encodes it once per stream, publishes it. Also
 * sees that nothing is lost silently: a jump in an instrument's sequence numbers becomes a gap message to those who asked
 * for sequence numbers, and after the ring has lapped this reader every instrument is healed from its last value.
 * Proxy worker thread.
 */
import type { TemplatedApp } from 'uWebSockets.js';
import { FEATURE } from '../../codec/framing.ts';
import { toMsgpack, toPythonJson } from '../../codec/server-message.ts';
import { FLAG, MODE, type Mode } from '../../codec/tick.ts';
import { MAX_DEEP_TICK_BYTES, modeOf, readInt64, WORD } from '../../codec/tick-message.ts';
import { EpochClock } from '../epoch-clock.ts';
import { SendHops } from '../measures/send-hops.ts';
import type { TickSource } from '../tick-source.ts';
import { FRAME_HEAD_BYTES } from './connection/client-session.ts';
import { type GapReason, gapMessage } from './gap-message.ts';
import type { StreamConflation } from './slow/stream-conflation.ts';
import type {
  DirectReceiver,
  InstrumentStreams,
  Position,
  Stream,
  SubscriptionIndex,
} from './subscriptions/subscription-index.ts';
import type { TopicMember } from './subscriptions/topic-members.ts';

/** Whether ticks are missing before this one. The first tick that anybody gets has nothing before it. */
function gapReason(position: Position, epoch: number, seq: number, flags: number): GapReason | null {
  if (position.epoch === 0) return null;
  if (epoch !== position.epoch) return 'restart';
  if (seq !== position.seq + 1) return 'lost';
  return (flags & FLAG.GAP_BEFORE) === 0 ? null : 'outage';
}

/** Outside any cork, so that the library writes at once: see `direct-client.ts`. */
function sendToEach(receivers: readonly DirectReceiver[], bytes: Uint8Array, isBinary: boolean): void {
  for (let i = 0; i < receivers.length; i++) receivers[i]!.sendBytes(bytes, isBinary);
}

/** Gives the tick to those who do not get every one. @returns whether nobody gets every one */
function isConflatedForAll(stream: Stream, conflation: StreamConflation, words: Int32Array): boolean {
  conflation.take(words);
  return stream.onTopic === 0 && stream.directReceivers.length === 0;
}

/** What waits for those who read of gaps leaves before one: a gap names the tick before it as theirs. */
function settleSequenced({ bySource }: InstrumentStreams): void {
  for (const list of bySource) {
    for (const { conflation, form } of list)
      if ((form.features & FEATURE.SEQUENCE) !== 0) conflation?.settleAll();
  }
}

export class Broadcaster {
  readonly #app: Pick<TemplatedApp, 'publish'>;
  readonly #index: SubscriptionIndex;
  readonly #source: TickSource;
  readonly #clock = new EpochClock();
  /** Two words that hold the send time while a stream with stamps is encoded. */
  readonly #sendTime = new Int32Array(2);
  readonly #lastValue = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  readonly #lastValueDoubles = new Float64Array(this.#lastValue.buffer);
  /** Whose socket is corked while the source is drained. */
  #corked: TopicMember | null = null;
  #limit = 0;
  #drained = 0;
  #failure: unknown = null;
  /** What comes is from the source, and not from the last values. */
  #isDraining = false;
  readonly hops = new SendHops('clients');
  /** Ticks that somebody here wanted, messages published, clients that got one of these each, gaps announced. */
  ticks = 0;
  published = 0;
  deliveries = 0;
  gaps = 0;

  constructor(app: Pick<TemplatedApp, 'publish'>, index: SubscriptionIndex, source: TickSource) {
    this.#app = app;
    this.#index = index;
    this.#source = source;
  }

  /** Follows a wall clock that was set. To be called now and then from a timer. */
  adjustClock(): void {
    this.#clock.adjust();
    this.hops.adjustClock();
  }

  /** Hands over what the source has, at most `limit` ticks per ring. @returns how many there were */
  drain(limit: number): number {
    const { only } = this.#index.topics;
    this.#limit = limit;
    if (only === null || !this.#source.hasTicks()) {
      this.#drain();
      return this.#drained;
    }
    this.#corked = only;
    this.#failure = null;
    only.cork(this.#drainCorked);
    this.#corked = null;
    if (this.#failure !== null) throw this.#failure;
    return this.#drained;
  }

  #drain(): void {
    this.#isDraining = true;
    this.#drained = this.#source.drain(this.onTick, this.#limit);
    this.#isDraining = false;
    this.hops.settle();
    if (this.#source.takeLoss()) this.#heal();
  }

  /** What is thrown must not go through the library, which would take it for nobody's. */
  readonly #drainCorked = (): void => {
    try {
      this.#drain();
    } catch (error) {
      this.#failure = error;
    }
  };

  /** One tick. Hot path; allocates nothing but what the socket library needs, and does not throw. */
  readonly onTick = (words: Int32Array, doubles: Float64Array): void => {
    const streams = this.#index.get(words[WORD.SLOT]!);
    if (streams === undefined) return;
    this.ticks++;
    const mode = modeOf(words);
    const position = mode === MODE.DEEP_DEPTH ? streams.deep : streams.base;
    const first = this.#advance(streams, position, words, mode);
    for (let from = first; from <= mode; from++) this.#publishAll(streams.bySource[from]!, words, doubles);
    if (first <= mode && this.#isDraining && !this.#source.isLastValue) this.hops.note(words);
  };

  #publishAll(list: readonly Stream[], words: Int32Array, doubles: Float64Array): void {
    for (let i = 0; i < list.length; i++) {
      const stream = list[i]!;
      if (stream.conflation !== null && isConflatedForAll(stream, stream.conflation, words)) continue;
      if ((stream.form.features & FEATURE.STAMPS) !== 0) this.#clock.stamp(this.#sendTime, 0);
      const bytes = stream.encoder.encode(words, doubles, this.#sendTime);
      // Whoever is on this topic is the corked client. What it was published before comes first: the library sees to that.
      this.deliveries += stream.onTopic + stream.directReceivers.length;
      if (this.#corked !== null && stream.onTopic > 0) this.#corked.sendBytes(bytes, stream.isBinary);
      else {
        this.#app.publish(stream.topic, bytes, stream.isBinary);
        stream.publishedBytes += bytes.length + FRAME_HEAD_BYTES;
      }
      this.published++;
      if (stream.directReceivers.length > 0) sendToEach(stream.directReceivers, bytes, stream.isBinary);
    }
  }

  /**
   * Notes where the instrument stands. While its mode is raised a tick may come in the old mode and then in the new one:
   * then only those get it who could not have it before.
   *
   * @returns the lowest source mode of the streams that have not had the tick; above `mode` when all have
   */
  #advance(streams: InstrumentStreams, position: Position, words: Int32Array, mode: Mode): number {
    const epoch = readInt64(words, WORD.EPOCH);
    const seq = readInt64(words, WORD.SEQ);
    const isKnown = epoch === position.epoch && seq === position.seq;
    if (!isKnown && (epoch < position.epoch || (epoch === position.epoch && seq < position.seq)))
      return mode + 1;
    const first = mode === MODE.DEEP_DEPTH ? mode : MODE.LTP;
    if (isKnown) {
      const unknown = Math.max(first, position.mode + 1);
      position.mode = Math.max(position.mode, mode);
      return unknown;
    }
    if (position.continues !== null) {
      this.#announceGap(streams, position.continues, 'restart', epoch, seq);
      position.continues = null;
    }
    const reason = gapReason(position, epoch, seq, words[WORD.FLAGS]!);
    if (reason !== null) this.#announceGap(streams, position, reason, epoch, seq);
    position.epoch = epoch;
    position.seq = seq;
    position.mode = mode;
    return first;
  }

  #announceGap(
    streams: InstrumentStreams,
    position: Readonly<Pick<Position, 'epoch' | 'seq'>>,
    reason: GapReason,
    epoch: number,
    seq: number,
  ): void {
    this.gaps++;
    const { json, msgpack } = streams.gapSubscribers;
    if (json + msgpack === 0) return;
    settleSequenced(streams);
    const message = gapMessage(streams.instrument, reason, position, { epoch, seq });
    if (json > 0) this.#app.publish(streams.gapTopic('json'), toPythonJson(message), false);
    if (msgpack > 0) this.#app.publish(streams.gapTopic('msgpack'), toMsgpack(message), true);
  }

  /** After a loss nobody knows which instruments it hit: each gets its last value, if that is news. */
  #heal(): void {
    for (const streams of this.#index.all()) {
      this.publishLast(streams, false);
      this.publishLast(streams, true);
    }
  }

  /** Publishes the last value of an instrument to all its streams if they have not had it. */
  publishLast(streams: InstrumentStreams, deep: boolean): void {
    if (this.#source.readLast(streams.instrument.slot, deep, this.#lastValue) === 0) return;
    this.onTick(this.#lastValue, this.#lastValueDoubles);
  }
}
