/** One instrument in one mode, as the server is asked for it; all subscriptions of a program to it share it. */
import { type FeedStatus, type Gap, instrumentName, joinGaps, type Receipt } from './notice.ts';
import type { Terms } from './terms.ts';
import type { Tick } from './tick.ts';
import { readTick, type TickHead } from './tick-reader.ts';
import type { TickwireError } from './tickwire-error.ts';
import type { WireMessage } from './wire.ts';

/** Where it stands at the server. `retry`: refused for a reason that passes. */
export type Place = 'wanted' | 'asked' | 'held' | 'leaving' | 'retry';

/** Why what a subscription has is no fresh value: the status of its feed, or one of these. */
export type StaleReason =
  /** The connection is down, or the subscription not confirmed yet. */
  | 'disconnected'
  /** Nothing has come yet. */
  | 'no_tick'
  /** The last tick is from before a pause of the feed or of the connection, or the engine calls it stale. */
  | 'old_tick'
  /** The broker refused it, after the engine had confirmed it. */
  | 'broker_refused'
  | FeedStatus['status'];

/** What a stream tells each subscription to it, apart from ticks. */
export interface StreamNews {
  /** Ticks are missing; the next tick has it too. */
  readonly gap: Gap;
  /** The next tick stands for several, and has it too. */
  readonly receipt: Receipt;
  /** How the feed of the instrument stands from now on. */
  readonly status: FeedStatus;
  /** The latest tick has become old, or fresh again (null). */
  readonly stale: { readonly reason: StaleReason | null };
  /** Something is wrong, and the subscription goes on: it is tried again. */
  readonly error: TickwireError;
}

/** A subscription, as its stream sees it. */
export interface StreamReader {
  take(tick: Tick): void;
  /** @returns whether anybody listens */
  emit<Name extends keyof StreamNews>(name: Name, event: StreamNews[Name]): boolean;
  /** The server has confirmed it. */
  confirm(): void;
  /** Nothing more comes. @returns whether anybody will hear of the error */
  finish(error: TickwireError | null): boolean;
}

/** Epochs whose numbers are remembered at once. */
const MAX_EPOCHS = 4;

export class Stream {
  readonly terms: Terms;
  readonly instrument: string;
  readonly readers = new Set<StreamReader>();
  place: Place = 'wanted';
  broker = '';
  last: Tick | null = null;
  /** Of the feed of its instrument; null while nothing is told of it. */
  status: FeedStatus | null = null;
  #isProven = false;
  #isRefusedByBroker = false;
  readonly #untilLeft: (() => void)[] = [];
  /** Of each epoch the latest sequence number. */
  readonly #numbers = new Map<number, number>();
  /** No tick has come since the session was resumed. */
  #isBack = false;
  #gap: Gap | null = null;
  #receipt: Receipt | null = null;
  #told: StaleReason | null = 'disconnected';

  constructor(terms: Terms) {
    this.terms = terms;
    this.instrument = instrumentName(terms.exchange, terms.symbol);
  }

  get staleReason(): StaleReason | null {
    if (this.place !== 'held' && this.place !== 'leaving') return 'disconnected';
    if (this.#isRefusedByBroker) return 'broker_refused';
    if (this.status !== null && this.status.status !== 'live') return this.status.status;
    if (this.last === null) return 'no_tick';
    return this.#isProven ? null : 'old_tick';
  }

  /** A late one begins with the value that is known, as it would at the server. */
  join(reader: StreamReader): void {
    this.readers.add(reader);
    this.#tellLeft();
    const { last } = this;
    if (last === null || this.place !== 'held') return;
    // So that it can listen first; a tick that comes before is as good.
    queueMicrotask(() => {
      if (this.last !== last || !this.readers.has(reader)) return;
      const isStale = this.staleReason !== null;
      reader.take({ ...last, isSnapshot: true, isStale, gap: null, receipt: null });
    });
  }

  /** Resolves when the server does not hold it any more, or somebody wants it again. */
  untilLeft(): Promise<void> {
    return new Promise((resolve) => {
      this.#untilLeft.push(resolve);
    });
  }

  /** The server holds it from now on. @param isResumed the server itself tells what was missed meanwhile */
  hold(broker: string, isResumed: boolean): void {
    this.place = 'held';
    this.broker = broker;
    this.#isBack = this.last !== null;
    if (this.last !== null && !isResumed) {
      const { epoch, seq } = this.last;
      const since = { lastEpoch: epoch, lastSeq: seq, epoch: null, nextSeq: null };
      this.takeGap({ reason: 'reconnected', missed: null, ...since });
    }
    this.tellStaleness();
  }

  /** The connection has ended. */
  leave(): void {
    this.place = 'wanted';
    this.#tellLeft();
    this.status = null;
    this.#isProven = false;
    this.#isRefusedByBroker = false;
    this.#receipt = null;
    this.tellStaleness();
  }

  takeTick(message: WireMessage, head: TickHead): void {
    this.#noticeJump(message);
    const tick = readTick(message, head, this.broker, this.#gap, this.#receipt);
    this.#gap = null;
    this.#receipt = null;
    this.last = tick;
    this.#isRefusedByBroker = false;
    // What the engine says of the feed comes behind the ticks from before it: a tick behind it is a new one.
    this.#isProven =
      !tick.isStale && !(tick.isSnapshot && this.status !== null && this.status.status !== 'live');
    this.tellStaleness();
    for (const reader of this.readers) reader.take(tick);
  }

  /**
   * Numbers that jump without a word: above all, what the server had sent to a connection that swallowed it, and that closed in
   * order all the same.
   */
  #noticeJump({ epoch, seq }: WireMessage): void {
    if (typeof epoch !== 'number' || typeof seq !== 'number') return;
    const lastSeq = this.#numbers.get(epoch) ?? null;
    // The operator's own publisher counts beside the broker's feed, in an epoch of its own.
    if (lastSeq === null && this.#numbers.size >= MAX_EPOCHS) this.#numbers.clear();
    this.#numbers.set(epoch, seq);
    const first = this.#receipt?.firstSeq ?? seq;
    const isBack = this.#isBack;
    this.#isBack = false;
    if (this.#gap !== null || (lastSeq === null ? !isBack : first <= lastSeq + 1)) return;
    const missed = lastSeq === null ? null : first - lastSeq - 1;
    const last = lastSeq === null ? this.last : { epoch, seq: lastSeq };
    const before = { lastEpoch: last?.epoch ?? null, lastSeq: last?.seq ?? null };
    this.takeGap({ reason: 'unannounced', missed, ...before, epoch, nextSeq: first });
  }

  /** Ticks are missing, before the next one. */
  takeGap(told: Gap): void {
    const gap = this.#sinceLast(told);
    if (gap.missed === 0) return;
    this.#gap = joinGaps(this.#gap, gap);
    for (const reader of this.readers) reader.emit('gap', gap);
  }

  takeReceipt(receipt: Receipt): void {
    this.#receipt = receipt;
    for (const reader of this.readers) reader.emit('receipt', receipt);
  }

  takeStatus(status: FeedStatus): void {
    this.status = status;
    if (status.status !== 'live') this.#isProven = false;
    for (const reader of this.readers) reader.emit('status', status);
    this.tellStaleness();
  }

  /** The broker refused it behind the engine's confirmation; the engine asks again with its next connection. */
  takeRefusal(error: TickwireError): void {
    this.#isRefusedByBroker = true;
    for (const reader of this.readers) reader.emit('error', error);
    this.tellStaleness();
  }

  /** @returns whether anybody will hear of the error */
  end(error: TickwireError | null): boolean {
    let isHeard = false;
    for (const reader of this.readers) isHeard = reader.finish(error) || isHeard;
    this.readers.clear();
    this.#tellLeft();
    return isHeard;
  }

  #tellLeft(): void {
    for (const resolve of this.#untilLeft.splice(0)) resolve();
  }

  tellStaleness(): void {
    const reason = this.staleReason;
    if (reason === this.#told) return;
    this.#told = reason;
    for (const reader of this.readers) reader.emit('stale', { reason });
  }

  /** The server counts from the last tick that it sent, which a connection that broke may have lost. */
  #sinceLast(gap: Gap): Gap {
    const { last } = this;
    if (last?.seq == null || gap.lastSeq === null || gap.missed === null) return gap;
    if (last.epoch !== gap.lastEpoch || last.seq >= gap.lastSeq) return gap;
    return { ...gap, missed: gap.missed + gap.lastSeq - last.seq, lastSeq: last.seq };
  }
}
