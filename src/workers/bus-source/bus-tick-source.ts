/**
 * Ticks from feed hosts on other machines, or in other processes. What is received waits in queues; `drain` checks it,
 * finds its instrument, leaves out what came before, keeps the last values and hands on the rest. Proxy worker thread.
 *
 * Per message ZeroMQ's library allocates a buffer for each frame and the list of them, and the look-up of the topic its
 * key; per tick nothing is allocated here.
 */
import { isTickMessage } from '../../codec/is-tick-message.ts';
import { FLAG } from '../../codec/tick.ts';
import { MAX_DEEP_TICK_BYTES, modeOf, WORD } from '../../codec/tick-message.ts';
import { parseEvent } from '../bus/bus-event.ts';
import type { TickHandler, TickSource } from '../tick-source.ts';
import type { FeedGroup } from './feed-group.ts';
import type { LossCounter } from './followed-ticks.ts';
import type { GroupLink } from './group-link.ts';
import type { TopicEntry } from './link-topics.ts';
import type { LocalSlots } from './local-slots.ts';
import type { SourceInstrument } from './source-instrument.ts';

/** `@` */
const EVENT_MARK = 0x40;

export class BusTickSource implements TickSource {
  /** Messages of an unknown form, and of topics that nobody here wants any more. */
  garbage = 0;
  late = 0;
  isLastValue = false;
  readonly #slots: LocalSlots<SourceInstrument>;
  readonly #loss: LossCounter;
  #links: readonly { readonly link: GroupLink; readonly group: FeedGroup }[] = [];
  /** Instruments whose host was switched. */
  #switched: SourceInstrument[] = [];
  /** The message at hand: aligned, which frames are not. */
  readonly #words = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  readonly #doubles = new Float64Array(this.#words.buffer);

  constructor(slots: LocalSlots<SourceInstrument>, loss: LossCounter) {
    this.#slots = slots;
    this.#loss = loss;
  }

  /** To be called once, before the first drain. */
  read(groups: readonly FeedGroup[]): void {
    this.#links = groups.flatMap((group) => group.links.map((link) => ({ link, group })));
  }

  /** Hands over the last value of the host that is followed now, with the next drain. */
  onSwitched(entry: SourceInstrument): void {
    if (entry.isSwitched) return;
    entry.isSwitched = true;
    this.#switched.push(entry);
  }

  /** At most `limit` messages of each feed host. Hot path. @returns how many there were */
  drain(handler: TickHandler, limit: number): number {
    let count = this.#handOverSwitched(handler);
    for (let i = 0; i < this.#links.length; i++) {
      const { link, group } = this.#links[i]!;
      for (let taken = 0; taken < limit; ) {
        const message = link.queue.shift();
        if (message === undefined) break;
        const frames = this.#take(link, group, message, handler);
        taken += frames;
        count += frames;
        // Before the next message of the host that is followed now.
        if (this.#switched.length > 0) count += this.#handOverSwitched(handler);
      }
    }
    return count;
  }

  hasTicks(): boolean {
    if (this.#switched.length > 0) return true;
    for (let i = 0; i < this.#links.length; i++) if (!this.#links[i]!.link.queue.isEmpty) return true;
    return false;
  }

  readLast(slot: number, deep: boolean, into: Int32Array): number {
    const entry = this.#slots.get(slot);
    if (entry === undefined) return 0;
    return (deep ? entry.deep : entry.base).last.copyTo(into);
  }

  /** Ticks that were missing between those that came. */
  get lost(): number {
    return this.#loss.lost;
  }

  /** A loss is known by the instrument that it concerns, whose next tick has healed it. */
  takeLoss(): boolean {
    return false;
  }

  #take(link: GroupLink, group: FeedGroup, message: readonly Buffer[], handler: TickHandler): number {
    const topic = message[0]!;
    if (topic[0] === EVENT_MARK) {
      const event = message.length === 2 ? parseEvent(topic.toString('utf8'), message[1]!) : null;
      if (event === null) this.garbage++;
      else group.onEvent(link, event);
      return 1;
    }
    const known = link.topics.find(topic);
    if (known === undefined) {
      this.late++;
      return 1;
    }
    for (let i = 1; i < message.length; i++) this.#takeTick(link, known, message[i]!, handler);
    return message.length;
  }

  #takeTick(link: GroupLink, topic: TopicEntry, frame: Buffer, handler: TickHandler): void {
    const { entry, mode } = topic;
    const words = this.#words;
    if (frame.length > this.#bytes.length) {
      this.garbage++;
      return;
    }
    this.#bytes.set(frame);
    if (!isTickMessage(words, frame.length) || modeOf(words) !== mode) {
      this.garbage++;
      return;
    }
    const wordCount = frame.length >> 2;
    words[WORD.SLOT] = entry.instrument.slot;
    const isAnswer = (words[WORD.FLAGS]! & FLAG.SNAPSHOT) !== 0;
    const isHandedOver = entry.ticks(mode).take(link.host, words, wordCount);
    if (topic.isNew) link.topics.onMessage(topic, isAnswer);
    entry.onTaken();
    if (!isHandedOver) return;
    this.isLastValue = isAnswer;
    handler(words, this.#doubles, wordCount);
  }

  #handOverSwitched(handler: TickHandler): number {
    if (this.#switched.length === 0) return 0;
    const entries = this.#switched;
    this.#switched = [];
    this.isLastValue = true;
    let count = 0;
    for (const entry of entries) {
      entry.isSwitched = false;
      if (this.#slots.get(entry.instrument.slot) !== entry) continue;
      for (const ticks of [entry.base, entry.deep]) {
        const wordCount = ticks.promote(this.#words);
        if (wordCount === 0) continue;
        count++;
        handler(this.#words, this.#doubles, wordCount);
      }
      entry.onTaken();
    }
    return count;
  }
}
