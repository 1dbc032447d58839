/**
 * The topics that are subscribed at one feed host: of each instrument the highest mode that somebody here needs, and the
 * deep overlay. When that mode changes, the new topic is subscribed at once, and the old one is kept until the first
 * message of the new one has come: ZeroMQ takes both words at once, but the host may still publish the old one only. What is
 * quiet has no message; there a higher topic ends after a while. What ended topics still bring are ticks too, as long as the
 * instrument is held. Proxy worker thread.
 */
import { MODE, type Mode } from '../../codec/tick.ts';
import { formatTopic } from '../../codec/topic.ts';
import type { SourceInstrument } from './source-instrument.ts';

const MODES: readonly Mode[] = Object.values(MODE);
const DEEP_BIT = 1 << MODE.DEEP_DEPTH;

/** What the messages of a topic are, also of one that has ended, as long as its instrument is held. */
export interface TopicEntry {
  readonly entry: SourceInstrument;
  readonly mode: Mode;
  /** No message of it has come since it was subscribed. */
  isNew: boolean;
  /** Before this time, ms of the clock, a message may be one of an earlier subscription, unless it is an answer. */
  answerUntil: number;
}

/** Within this time what was sent to an earlier subscription has come, and the host has heard of a new one. */
const LATE_MS = 1000;

export interface TopicSubscriber {
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** A topic as it is looked up: its bytes, each as a character. Cheaper to make than the text itself. */
function keyOf({ instrument }: SourceInstrument, mode: Mode): string {
  return Buffer.from(formatTopic(instrument, mode), 'utf8').toString('latin1');
}

function highest(bits: number): Mode {
  return MODES.findLast((mode) => (bits & (1 << mode)) !== 0)!;
}

export class LinkTopics {
  readonly #host: number;
  readonly #subscriber: TopicSubscriber;
  readonly #entries = new Map<string, TopicEntry>();
  /** Instruments whose mode was lowered, and when their higher topics end at the latest, ms of the clock. */
  readonly #lowered = new Map<SourceInstrument, number>();
  #size = 0;

  /** @param host the feed host's number among those of its feed */
  constructor(host: number, subscriber: TopicSubscriber) {
    this.#host = host;
    this.#subscriber = subscriber;
  }

  /** Topics that are subscribed. */
  get size(): number {
    return this.#size;
  }

  /** What a message is, by its first frame. Hot path; allocates the key, which is a string. */
  find(topic: Buffer): TopicEntry | undefined {
    return this.#entries.get(topic.toString('latin1'));
  }

  /** Subscribes what an instrument needs now, and ends what it does not need any more. */
  follow(entry: SourceInstrument): void {
    const wanted = entry.topicModes;
    const before = entry.subscribed[this.#host]!;
    for (const mode of MODES) if ((wanted & ~before & (1 << mode)) !== 0) this.#add(entry, mode);
    const base = wanted & ~DEEP_BIT;
    const others = before & ~wanted & ~DEEP_BIT;
    const isNew = others !== 0 && base !== 0 && this.#entries.get(keyOf(entry, highest(base)))!.isNew;
    const lower = isNew ? others & (base - 1) : 0;
    entry.established[this.#host] = lower === 0 ? MODE.DEPTH : highest(lower);
    if (isNew && others > base) this.#lowered.set(entry, performance.now() + LATE_MS);
    else this.#lowered.delete(entry);
    this.#end(entry, before & ~wanted & ~(isNew ? others : 0));
    if (wanted === 0) for (const mode of MODES) this.#entries.delete(keyOf(entry, mode));
  }

  /** The first message of a topic has come, or one before it. @param isAnswer to a subscription */
  onMessage(topic: TopicEntry, isAnswer: boolean): void {
    if (!isAnswer && performance.now() < topic.answerUntil) return;
    topic.isNew = false;
    this.follow(topic.entry);
  }

  /** Ends the higher topics of what is quiet. To be called now and then. @param now ms of the clock */
  settle(now: number): void {
    for (const [entry, at] of this.#lowered) {
      if (at > now) continue;
      this.#lowered.delete(entry);
      const wanted = entry.topicModes;
      this.#end(entry, entry.subscribed[this.#host]! & ~wanted & ~((wanted & ~DEEP_BIT) - 1));
    }
  }

  #add(entry: SourceInstrument, mode: Mode): void {
    const key = keyOf(entry, mode);
    const answerUntil = this.#entries.has(key) ? performance.now() + LATE_MS : 0;
    this.#entries.set(key, { entry, mode, isNew: true, answerUntil });
    entry.subscribed[this.#host]! |= 1 << mode;
    this.#size++;
    this.#subscriber.subscribe(formatTopic(entry.instrument, mode));
  }

  #end(entry: SourceInstrument, modes: number): void {
    for (const mode of MODES) {
      if ((modes & (1 << mode)) === 0) continue;
      entry.subscribed[this.#host]! &= ~(1 << mode);
      this.#size--;
      this.#subscriber.unsubscribe(formatTopic(entry.instrument, mode));
    }
  }
}
