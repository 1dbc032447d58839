/**
 * The topics that are subscribed at one feed host: of each instrument the highest mode that somebody here needs, and the
 * deep overlay. When that mode changes, the new topic is subscribed at once, and the old one is kept until the first
 * message of the new one has come, so that nothing is missed in between. Proxy worker thread.
 */
import { MODE, type Mode } from '../../codec/tick.ts';
import { formatTopic } from '../../codec/topic.ts';
import type { SourceInstrument } from './source-instrument.ts';

const MODES: readonly Mode[] = Object.values(MODE);
const DEEP_BIT = 1 << MODE.DEEP_DEPTH;

/** What the messages of a topic are. */
export interface TopicEntry {
  readonly entry: SourceInstrument;
  readonly mode: Mode;
  /** Another mode's topic ends with the first message of this one. */
  replaces: boolean;
}

export interface TopicSubscriber {
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** Topics as they are looked up: their bytes, each as a character. Cheaper to make than the text itself. */
function topicKey(topic: string): string {
  return Buffer.from(topic, 'utf8').toString('latin1');
}

export class LinkTopics {
  readonly #host: number;
  readonly #subscriber: TopicSubscriber;
  readonly #entries = new Map<string, TopicEntry>();

  /** @param host the feed host's number among those of its feed */
  constructor(host: number, subscriber: TopicSubscriber) {
    this.#host = host;
    this.#subscriber = subscriber;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What a message is, by its first frame. Hot path; allocates the key, which is a string. */
  find(topic: Buffer): TopicEntry | undefined {
    return this.#entries.get(topic.toString('latin1'));
  }

  /** Subscribes what an instrument needs now, and ends what it does not need any more. */
  follow(entry: SourceInstrument): void {
    const wanted = entry.topicModes;
    const before = entry.subscribed[this.#host]!;
    const added = wanted & ~before;
    for (const mode of MODES) if ((added & (1 << mode)) !== 0) this.#add(entry, mode);
    let ended = before & ~wanted;
    const base = wanted & ~DEEP_BIT;
    if (base !== 0) {
      const others = (before | wanted) & ~DEEP_BIT & ~base;
      // What is replaced ends with the first message of what replaces it.
      ended &= DEEP_BIT;
      for (const mode of MODES) {
        const topic = this.#entries.get(topicKey(formatTopic(entry.instrument, mode)));
        if (topic !== undefined) topic.replaces = others !== 0 && 1 << mode === base;
      }
    }
    this.#end(entry, ended);
  }

  /** The first message of a topic that replaces others has come. */
  onReplaced(topic: TopicEntry): void {
    topic.replaces = false;
    const { entry, mode } = topic;
    this.#end(entry, entry.subscribed[this.#host]! & ~DEEP_BIT & ~(1 << mode));
  }

  #add(entry: SourceInstrument, mode: Mode): void {
    const topic = formatTopic(entry.instrument, mode);
    this.#entries.set(topicKey(topic), { entry, mode, replaces: false });
    entry.subscribed[this.#host]! |= 1 << mode;
    this.#subscriber.subscribe(topic);
  }

  #end(entry: SourceInstrument, modes: number): void {
    for (const mode of MODES) {
      if ((modes & (1 << mode)) === 0) continue;
      const topic = formatTopic(entry.instrument, mode);
      this.#entries.delete(topicKey(topic));
      entry.subscribed[this.#host]! &= ~(1 << mode);
      this.#subscriber.unsubscribe(topic);
    }
  }
}
