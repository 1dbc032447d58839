/**
 * What the bus asks of the control plane. A whole topic that somebody subscribed to is a wish for its instrument in its
 * mode; when the last subscriber leaves, the wish ends. A topic that cannot be served now, since nobody is logged in or
 * the instrument is not listed, is asked for again until it can be, or until its subscriber leaves: in ZeroMQ nobody
 * could tell the subscriber to come again. Bus worker thread, at the pace of subscriptions.
 */
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import { formatTopic, type Topic } from '../../codec/topic.ts';
import type { FromReader, InstrumentMove, SlotNeed, SubscribeOutcome } from '../worker-messages.ts';

/** A login takes a person longer; each round costs main one look-up per topic. */
const ASK_AGAIN_MS = 2000;

export interface BusWishesOptions {
  readonly post: (message: FromReader) => void;
  /** Whether somebody is still subscribed to a topic: answers of main come later. */
  readonly isSubscribed: (topic: string) => boolean;
  /** An instrument will have ticks under a topic. */
  readonly onInstrument: (instrument: Instrument, topic: string) => void;
}

export class BusWishes {
  readonly #options: BusWishesOptions;
  /** Questions to main that are not answered yet. */
  readonly #asked = new Map<number, readonly Topic[]>();
  /** Topics that could not be served, by their text. */
  readonly #refused = new Map<string, Topic>();
  /** Slot and wished modes of each instrument that a whole topic named. */
  readonly #wishes = new Map<string, { slot: number; modes: number }>();
  readonly #timer: NodeJS.Timeout;
  #nextId = 1;
  /** The latest question that was answered. */
  #answered = 0;

  constructor(options: BusWishesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#askAgain(), ASK_AGAIN_MS);
  }

  /** Topics that somebody is subscribed to and that cannot be served now. */
  get refused(): number {
    return this.#refused.size;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  subscribe(topic: Topic): void {
    this.#ask(topic.broker, [topic]);
  }

  unsubscribe(topic: Topic): void {
    this.#refused.delete(formatTopic(topic, topic.mode));
    this.#changeNeed(topic, (modes) => modes & ~(1 << topic.mode));
  }

  onSubscribed(id: number, outcomes: readonly SubscribeOutcome[]): void {
    this.#answered = id;
    const topics = this.#asked.get(id) ?? [];
    this.#asked.delete(id);
    for (const [i, topic] of topics.entries()) {
      const outcome = outcomes[i];
      const instrument = outcome?.status === 'ok' ? outcome.instruments[0] : undefined;
      if (instrument !== undefined) this.#serve(topic, instrument);
      else {
        const text = formatTopic(topic, topic.mode);
        if (this.#options.isSubscribed(text)) this.#refused.set(text, topic);
      }
    }
  }

  onMoved(moves: readonly InstrumentMove[], learn: (instrument: Instrument) => void): void {
    const needs: SlotNeed[] = [];
    for (const { from, to } of moves) {
      const wish = [...this.#wishes.values()].find(({ slot }) => slot === from);
      if (wish !== undefined) {
        learn(to);
        wish.slot = to.slot;
      }
      needs.push({ slot: to.slot, modes: wish?.modes ?? 0 }, { slot: from, modes: 0 });
    }
    this.#options.post({ type: 'need', needs, answered: this.#answered });
  }

  #ask(broker: string, topics: readonly Topic[]): void {
    const id = this.#nextId++;
    this.#asked.set(id, topics);
    const wishes = topics.map(({ exchange, symbol, mode }) => ({ exchange, symbol, mode }));
    this.#options.post({ type: 'subscribe', id, account: '', broker, wishes });
  }

  #askAgain(): void {
    if (this.#refused.size === 0) return;
    const byBroker = new Map<string, Topic[]>();
    for (const topic of this.#refused.values()) {
      const topics = byBroker.get(topic.broker) ?? [];
      topics.push(topic);
      byBroker.set(topic.broker, topics);
    }
    this.#refused.clear();
    for (const [broker, topics] of byBroker) this.#ask(broker, topics);
  }

  #serve(topic: Topic, instrument: Instrument): void {
    const key = wishKey(topic);
    if (!this.#wishes.has(key)) this.#wishes.set(key, { slot: instrument.slot, modes: 0 });
    this.#changeNeed(topic, (modes) => modes | (1 << topic.mode));
    const text = formatTopic(topic, topic.mode);
    // It may have been taken back while main was asked.
    if (!this.#options.isSubscribed(text)) this.#changeNeed(topic, (modes) => modes & ~(1 << topic.mode));
    this.#options.onInstrument(instrument, text);
  }

  #changeNeed(topic: Topic, change: (modes: number) => number): void {
    const wish = this.#wishes.get(wishKey(topic));
    if (wish === undefined) return;
    wish.modes = change(wish.modes);
    const needs = [{ slot: wish.slot, modes: wish.modes }];
    this.#options.post({ type: 'need', needs, answered: this.#answered });
  }
}

/** An instrument of a topic, whatever the mode. */
function wishKey(topic: Topic): string {
  return formatTopic(topic, MODE.LTP as Mode);
}
