/**
 * What the bus asks of the control plane. A whole topic that somebody subscribed to is a wish for its instrument in its
 * mode; some time after the last subscriber has left, the wish ends. A topic that cannot be served now, since nobody is
 * logged in or the instrument is not listed, is asked for again until it can be, or until its subscriber leaves: in ZeroMQ
 * nobody could tell the subscriber to come again. A proxy that may ask, asks first (`resolve`), and has the instrument
 * kept for it until its subscription comes. Bus worker thread, at the pace of subscriptions.
 */
import type { Instrument } from '../../codec/tick.ts';
import { formatTopic, type Topic } from '../../codec/topic.ts';
import type {
  FromReader,
  InstrumentMove,
  InstrumentWish,
  SlotNeed,
  SubscribeOutcome,
} from '../worker-messages.ts';
import { nameKey } from './bus-instrument.ts';
import { BusWish } from './bus-wish.ts';
import { UnservedTopics } from './unserved-topics.ts';

/** A login takes a person longer. */
const ASK_AGAIN_MS = 2000;
/** A proxy needs a round trip from the answer to its subscription, even where nothing lingers. */
const MIN_LEASE_MS = 1000;
const MIN_SWEEP_MS = 10;
const MAX_SWEEP_MS = 500;

export interface BusWishesOptions {
  /** What nobody is subscribed to any more is wanted for so long. */
  readonly lingerMs: number;
  readonly post: (message: FromReader) => void;
  /** Whether somebody is still subscribed to a topic: answers of main come later. */
  readonly isSubscribed: (topic: string) => boolean;
  /** Whether the broker session behind a slot has ended. */
  readonly isEnded: (slot: number) => boolean;
  /** An instrument is subscribed under its name. @param foreign the slot that foreign publishers' ticks have */
  readonly onHeld: (instrument: Instrument, foreign: Instrument | null) => void;
  /** A topic can be served from now on. */
  readonly onServed: (topic: string) => void;
  /** A slot is subscribed no more. @param isWanted though somebody wants what it stood for */
  readonly onReleased: (instrument: Instrument, isWanted: boolean) => void;
}

/** A question to main that is not answered yet. */
interface Question {
  readonly account: string;
  /** @param wishes of the outcomes that are ok, at their places */
  readonly onAnswer: (
    outcomes: readonly SubscribeOutcome[],
    wishes: readonly (BusWish | undefined)[],
  ) => void;
}

export class BusWishes {
  readonly #options: BusWishesOptions;
  readonly #questions = new Map<number, Question>();
  readonly #unserved = new UnservedTopics((...question) => this.#ask(...question));
  /** By name, and by the slot that serves it. */
  readonly #wishes = new Map<string, BusWish>();
  readonly #slots = new Map<number, BusWish>();
  /** Wishes some of whose modes will end. */
  readonly #ending = new Set<BusWish>();
  readonly #askTimer: NodeJS.Timeout;
  #sweepTimer: NodeJS.Timeout | undefined;
  #nextId = 1;
  /** The latest question that was answered. */
  #answered = 0;

  constructor(options: BusWishesOptions) {
    this.#options = options;
    this.#askTimer = setInterval(() => this.#unserved.askAgain(), ASK_AGAIN_MS);
  }

  /** Topics that somebody is subscribed to and that cannot be served now. */
  get refused(): number {
    return this.#unserved.refused;
  }

  /** Instruments that the bus has subscribed. */
  get held(): number {
    return this.#wishes.size;
  }

  stop(): void {
    clearInterval(this.#askTimer);
    clearInterval(this.#sweepTimer);
  }

  subscribe(topic: Topic): void {
    const wish = this.#wishes.get(nameKey(topic));
    // It lingers, or a proxy has asked for it: main has it subscribed.
    if (wish?.has(topic.mode)) {
      wish.subscribe(topic.mode);
      if (this.#options.isEnded(wish.instrument.slot)) this.#unserved.refuse(topic);
    } else this.#unserved.add(topic, wish?.account ?? '');
  }

  unsubscribe(topic: Topic): void {
    this.#unserved.delete(topic);
    const wish = this.#wishes.get(nameKey(topic));
    if (wish === undefined) return;
    wish.unsubscribe(topic.mode, performance.now() + this.#options.lingerMs);
    this.#ending.add(wish);
    this.#sweepLater();
  }

  /**
   * Asks for instruments on behalf of a proxy, and keeps those that there are until it has subscribed.
   * @param account whose session
   */
  resolve(
    account: string,
    wishes: readonly InstrumentWish[],
    answer: (outcomes: readonly SubscribeOutcome[]) => void,
  ): void {
    this.#question('', wishes, {
      account,
      onAnswer: (outcomes, found) => {
        const until = performance.now() + Math.max(this.#options.lingerMs, MIN_LEASE_MS);
        for (const [i, wish] of found.entries()) {
          wish?.lease(wishes[i]!.mode, until);
          if (wish !== undefined) this.#ending.add(wish);
        }
        this.#sweepLater();
        answer(outcomes);
      },
    });
  }

  onSubscribed(id: number, outcomes: readonly SubscribeOutcome[]): void {
    this.#answered = id;
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#questions.delete(id);
    const released: SlotNeed[] = [];
    const placed = outcomes.map((outcome) =>
      outcome.status === 'ok' ? this.#place(outcome.instruments, question.account, released) : undefined,
    );
    question.onAnswer(outcomes, placed);
    const touched = new Set(placed.filter((wish) => wish !== undefined));
    this.#need([...[...touched].flatMap((wish) => wish.needs), ...released]);
  }

  onMoved(moves: readonly InstrumentMove[]): void {
    const needs: SlotNeed[] = [];
    for (const { from, to } of moves) {
      const wish = this.#slots.get(from);
      if (wish !== undefined && nameKey(to) === nameKey(wish.instrument)) this.#move(wish, to);
      else if (wish !== undefined) needs.push(...this.#leave(wish));
      needs.push({ slot: to.slot, modes: this.#slots.get(to.slot)?.modes ?? 0 }, { slot: from, modes: 0 });
    }
    this.#need(needs);
  }

  /** Sessions have ended: what is subscribed with them may be had from other users of the broker. */
  onEnded(slots: readonly number[]): void {
    for (const slot of slots) {
      const wish = this.#slots.get(slot);
      if (wish !== undefined) this.#askOthers(wish);
    }
  }

  #askOthers({ instrument, subscribed }: BusWish): void {
    const { broker, exchange, symbol } = instrument;
    for (const mode of subscribed) this.#unserved.add({ broker, exchange, symbol, mode }, '');
  }

  #ask(broker: string, account: string, topics: readonly Topic[]): void {
    const wishes = topics.map(({ exchange, symbol, mode }) => ({ exchange, symbol, mode }));
    this.#question(broker, wishes, {
      account,
      onAnswer: (_, found) => {
        for (const [i, topic] of topics.entries()) this.#serve(topic, found[i]);
        this.#unserved.onAnswered(topics);
        this.#sweepLater();
      },
    });
  }

  #question(broker: string, wishes: readonly InstrumentWish[], question: Question): void {
    const id = this.#nextId++;
    this.#questions.set(id, question);
    this.#options.post({ type: 'subscribe', id, account: question.account, broker, wishes });
  }

  #serve(topic: Topic, wish: BusWish | undefined): void {
    const text = formatTopic(topic, topic.mode);
    const isSubscribed = this.#options.isSubscribed(text);
    if (wish === undefined) {
      if (isSubscribed) this.#unserved.refuse(topic);
      return;
    }
    wish.subscribe(topic.mode);
    if (!isSubscribed) {
      // It was taken back while main was asked.
      wish.unsubscribe(topic.mode, performance.now() + this.#options.lingerMs);
      this.#ending.add(wish);
      return;
    }
    // No other user has it now.
    if (this.#options.isEnded(wish.instrument.slot)) this.#unserved.refuse(topic);
    this.#options.onServed(text);
  }

  /**
   * The wish that main's answer belongs to. A name that is served already stays with its slot: a second user of a broker
   * reads the ticks of the first. The slot that main has subscribed for the second is given back.
   */
  #place(instruments: readonly Instrument[], account: string, released: SlotNeed[]): BusWish | undefined {
    const [own, foreign = null] = instruments;
    if (own === undefined) return undefined;
    const key = nameKey(own);
    let wish = this.#wishes.get(key);
    if (wish === undefined) {
      wish = new BusWish(own, account);
      this.#wishes.set(key, wish);
      this.#slots.set(own.slot, wish);
      wish.foreign = foreign;
      this.#options.onHeld(own, foreign);
      return wish;
    }
    if (wish.instrument.slot !== own.slot) {
      const isTaken = this.#options.isEnded(wish.instrument.slot);
      released.push({ slot: isTaken ? wish.instrument.slot : own.slot, modes: 0 });
      if (isTaken) {
        this.#move(wish, own);
        wish.account = account;
      }
    }
    if (foreign !== null && foreign.slot !== wish.foreign?.slot) {
      if (wish.foreign === null) {
        wish.foreign = foreign;
        this.#options.onHeld(wish.instrument, foreign);
      } else released.push({ slot: foreign.slot, modes: 0 });
    }
    return wish;
  }

  #move(wish: BusWish, to: Instrument): void {
    const from = wish.instrument;
    wish.instrument = to;
    this.#slots.delete(from.slot);
    this.#slots.set(to.slot, wish);
    this.#options.onHeld(to, wish.foreign);
  }

  /**
   * The user is at another broker now: the instrument that main has subscribed instead is not what the topics name.
   * @returns what is needed of its slots from now on: nothing
   */
  #leave(wish: BusWish): readonly SlotNeed[] {
    this.#ending.delete(wish);
    this.#release(wish, wish.subscribed.length > 0);
    this.#askOthers(wish);
    return wish.needs.map(({ slot }) => ({ slot, modes: 0 }));
  }

  #sweepLater(): void {
    if (this.#ending.size === 0 || this.#sweepTimer !== undefined) return;
    const intervalMs = Math.min(Math.max(this.#options.lingerMs / 4, MIN_SWEEP_MS), MAX_SWEEP_MS);
    this.#sweepTimer = setInterval(() => this.#sweep(), intervalMs);
  }

  #sweep(): void {
    const now = performance.now();
    const needs: SlotNeed[] = [];
    for (const wish of this.#ending) {
      if (wish.lapse(now)) needs.push(...wish.needs);
      if (wish.isEnding) continue;
      this.#ending.delete(wish);
      if (wish.modes === 0) this.#release(wish, false);
    }
    this.#need(needs);
    if (this.#ending.size > 0) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }

  #release(wish: BusWish, isWanted: boolean): void {
    this.#wishes.delete(nameKey(wish.instrument));
    this.#slots.delete(wish.instrument.slot);
    this.#options.onReleased(wish.instrument, isWanted);
  }

  #need(needs: readonly SlotNeed[]): void {
    if (needs.length > 0) this.#options.post({ type: 'need', needs, answered: this.#answered });
  }
}
