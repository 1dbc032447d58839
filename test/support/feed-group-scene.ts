/**
 * A feed whose hosts are played by a test, without sockets: what each sends is put into its queue in the form that it has
 * on the wire, and what clients would get is checked as it is handed over.
 */
import assert from 'node:assert/strict';
import { FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { buildTickTemplate, modeOf, readInt64, WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { type BusEvent, encodeEvent } from '../../src/workers/bus/bus-event.ts';
import type { ControlAnswer } from '../../src/workers/bus/control-message.ts';
import { BusTickSource } from '../../src/workers/bus-source/bus-tick-source.ts';
import type { Question } from '../../src/workers/bus-source/control-client.ts';
import { FeedGroup } from '../../src/workers/bus-source/feed-group.ts';
import type { GroupLink, LinkState } from '../../src/workers/bus-source/group-link.ts';
import { LinkTopics } from '../../src/workers/bus-source/link-topics.ts';
import { LocalSlots } from '../../src/workers/bus-source/local-slots.ts';
import { MessageQueue } from '../../src/workers/bus-source/message-queue.ts';
import type { SourceInstrument } from '../../src/workers/bus-source/source-instrument.ts';
import { StatusBook } from '../../src/workers/bus-source/status-book.ts';
import type { IntakeEvents } from '../../src/workers/proxy/proxy-intake.ts';
import type { FeedStatusName } from '../../src/workers/worker-messages.ts';

/** What an instrument is at its feed hosts. */
export function nameOf(symbol: string): Omit<Instrument, 'slot'> {
  return { broker: 'angel', exchange: 'NSE', symbol, segment: 1, token: symbol };
}

export interface SentTick {
  readonly epoch: number;
  readonly seq: number;
  /** Exchange time, ms; also what tells the ticks of a test apart. */
  readonly time: number;
  readonly mode?: Mode;
  readonly flags?: number;
  /** ns since 1970; by default that of the exchange time. */
  readonly receivedNs?: number;
  /** The exchange's own number. Default 0: there is none. */
  readonly exchangeSeq?: number;
}

/** The frame of a tick. */
export function tickFrame(
  symbol: string,
  { epoch, seq, time, mode = MODE.QUOTE, ...rest }: SentTick,
): Buffer {
  const levels = mode === MODE.DEEP_DEPTH ? 20 : undefined;
  const { words, bytes } = buildTickTemplate({ ...nameOf(symbol), slot: 4711 }, mode, 2, levels);
  writeInt64(words, WORD.EPOCH, epoch);
  writeInt64(words, WORD.SEQ, seq);
  writeInt64(words, WORD.EXCHANGE_TIME_MS, time);
  writeInt64(words, WORD.RECEIVE_TIME_NS, rest.receivedNs ?? time * 1e6);
  writeInt64(words, WORD.EXCHANGE_SEQ, rest.exchangeSeq ?? 0);
  writeInt64(words, WORD.LTP, time);
  words[WORD.FLAGS] = rest.flags ?? 0;
  // At an odd address, as frames of ZeroMQ may be.
  return Buffer.concat([Buffer.from([0]), bytes]).subarray(1);
}

export class FakeLink implements GroupLink {
  readonly endpoint: string;
  readonly host: number;
  readonly queue = new MessageQueue();
  readonly statuses = new StatusBook();
  readonly subscribed = new Set<string>();
  /** Every change of a subscription, as `+topic` and `-topic`. */
  readonly changes: string[] = [];
  readonly topics: LinkTopics;
  state: LinkState = 'up';
  since = 1;
  hello = null;
  capabilities = null;
  /** What `ask` answers. */
  answer: (question: Question) => ControlAnswer | Promise<ControlAnswer> = () => {
    throw new Error('not connected');
  };
  readonly asked: Question[] = [];
  readonly heartbeats: string[] = [];
  #revision = 0;

  constructor(host: number) {
    this.host = host;
    this.endpoint = `tcp://host-${host}:5556`;
    this.topics = new LinkTopics(host, {
      subscribe: (topic) => {
        this.subscribed.add(topic);
        this.changes.push(`+${topic}`);
      },
      unsubscribe: (topic) => {
        this.subscribed.delete(topic);
        this.changes.push(`-${topic}`);
      },
    });
  }

  async ask(question: Question): Promise<ControlAnswer> {
    this.asked.push(question);
    return this.answer(question);
  }

  async untilDecided(): Promise<boolean> {
    return this.state === 'up';
  }

  onHeartbeat(host: string): void {
    this.heartbeats.push(host);
  }

  onGoodbye(host: string): void {
    this.heartbeats.push(`good-bye of ${host}`);
  }

  sendTicks(symbol: string, mode: Mode, ...ticks: SentTick[]): void {
    const topic = Buffer.from(formatTopic(nameOf(symbol), mode));
    this.queue.push([topic, ...ticks.map((tick) => tickFrame(symbol, { ...tick, mode }))]);
  }

  sendEvent(event: BusEvent): void {
    this.queue.push(encodeEvent(event).map((text) => Buffer.from(text)));
  }

  sendStatus(status: FeedStatusName, since: number, ...symbols: string[]): void {
    const instruments = symbols.map((symbol) => ({ exchange: 'NSE', symbol }));
    const revision = ++this.#revision;
    const reason = `host ${this.host} says`;
    this.sendEvent({ type: 'status', revision, status, since, reason, broker: 'angel', instruments });
  }
}

/** A tick as it was handed over. */
export interface GotTick {
  readonly slot: number;
  readonly epoch: number;
  readonly seq: number;
  readonly time: number;
  readonly mode: Mode;
  readonly flags: number;
}

function read(words: Int32Array): GotTick {
  return {
    slot: words[WORD.SLOT]!,
    epoch: readInt64(words, WORD.EPOCH),
    seq: readInt64(words, WORD.SEQ),
    time: readInt64(words, WORD.EXCHANGE_TIME_MS),
    mode: modeOf(words),
    flags: words[WORD.FLAGS]!,
  };
}

export class FeedGroupScene {
  readonly links: readonly FakeLink[];
  readonly slots = new LocalSlots<SourceInstrument>();
  readonly loss = { lost: 0 };
  readonly source: BusTickSource;
  readonly group: FeedGroup;
  readonly got: GotTick[] = [];
  /** What was told unasked, as texts. */
  readonly news: string[] = [];
  readonly events: IntakeEvents = {
    onAccount: (owner, { hasSession, isConnected }) =>
      void this.news.push(`account ${owner} ${hasSession} ${isConnected}`),
    onKeyStandings: (standings) =>
      void this.news.push(...standings.map(({ keyId, status }) => `key ${keyId} ${status}`)),
    onFeedStatus: ({ status, reason, slots }) => void this.news.push(`${status} ${slots}: ${reason}`),
    onRequestRefused: ({ slots, message }) => void this.news.push(`refused ${slots}: ${message}`),
    onOrderUpdate: (owner, text) => void this.news.push(`order ${owner} ${text}`),
    onMoved: () => assert.fail('nothing moves on a bus'),
    onBrokerChanged: (owner, broker) => void this.news.push(`${owner} is at ${broker}`),
    onSlotFreed: (slot) => void this.news.push(`freed ${slot}`),
  };

  constructor(hosts: number) {
    this.links = Array.from({ length: hosts }, (_, host) => new FakeLink(host));
    this.source = new BusTickSource(this.slots, this.loss);
    this.group = new FeedGroup({
      index: 0,
      links: this.links,
      slots: this.slots,
      loss: this.loss,
      events: this.events,
      patienceMs: 0,
      onSwitched: (entry) => this.source.onSwitched(entry),
    });
    this.source.read([this.group]);
  }

  /** An instrument that somebody here holds. */
  hold(symbol: string, mode: Mode = MODE.QUOTE, host = 0): SourceInstrument {
    const entry = this.group.claim(nameOf(symbol), host);
    entry.need(1 << mode);
    this.group.update(entry);
    return entry;
  }

  setState(host: number, state: LinkState): void {
    this.links[host]!.state = state;
    this.group.onLinkState(this.links[host]!, 'the test says so');
  }

  /** Drains everything. @returns what came of it */
  drain(): GotTick[] {
    const from = this.got.length;
    while (this.source.hasTicks()) {
      this.source.drain((words, doubles, wordCount) => {
        assert.equal(doubles.buffer, words.buffer);
        assert.ok(wordCount > 0);
        this.got.push(read(words));
      }, 16);
    }
    return this.got.slice(from);
  }

  /** The last value of a slot, null when there is none. */
  last(slot: number, deep = false): GotTick | null {
    const words = new Int32Array(352);
    return this.source.readLast(slot, deep, words) === 0 ? null : read(words);
  }
}

export const { SNAPSHOT, STALE } = FLAG;
