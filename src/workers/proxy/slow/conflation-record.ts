/**
 * What a client has not been sent of a stream that is conflated for it: how many ticks, which, and between which prices
 * trades lay. The latest of them is kept with the stream. Proxy worker thread.
 */

import type { Stream } from '../subscriptions/subscription-index.ts';
import type { ConflatingClient } from './conflating-client.ts';
import type { MessageRate } from './message-rate.ts';
import type { StreamConflation, TickNote } from './stream-conflation.ts';

export class ConflationRecord {
  readonly client: ConflatingClient;
  readonly stream: Stream;
  readonly conflation: StreamConflation;
  /** Null: it leaves as soon as the client takes it. */
  readonly rate: MessageRate | null;
  /** Its place among the records of the stream. */
  place = 0;
  /** It waits for the client, behind others; the next one behind it. */
  isQueued = false;
  next: ConflationRecord | null = null;
  /** It waits for its rate until then; infinity when it does not. */
  dueAt = Number.POSITIVE_INFINITY;
  /** Ticks that were not sent; the members below are of no meaning while there are none. */
  merged = 0;
  firstEpoch = 0;
  firstSeq = 0;
  lastEpoch = 0;
  lastSeq = 0;
  /** Lowest and highest LTP of trades among them, scaled integers; NaN when there was none. */
  low = Number.NaN;
  high = Number.NaN;
  priceDecimals = 0;

  constructor(
    client: ConflatingClient,
    stream: Stream,
    conflation: StreamConflation,
    rate: MessageRate | null,
  ) {
    this.client = client;
    this.stream = stream;
    this.conflation = conflation;
    this.rate = rate;
  }

  /** Takes a tick. Hot path of conflated streams; see `StreamConflation.take`. */
  take(tick: TickNote): void {
    if (this.merged === 0) {
      this.firstEpoch = tick.epoch;
      this.firstSeq = tick.seq;
      this.low = Number.NaN;
      this.high = Number.NaN;
    } else if (this.priceDecimals !== tick.priceDecimals) {
      this.#rescale(tick.priceDecimals);
    }
    this.merged++;
    this.lastEpoch = tick.epoch;
    this.lastSeq = tick.seq;
    this.priceDecimals = tick.priceDecimals;
    if (tick.isTrade) {
      this.low = tick.ltp >= this.low ? this.low : tick.ltp;
      this.high = tick.ltp <= this.high ? this.high : tick.ltp;
    }
    if (!this.isQueued) this.client.onTick(this, tick.isTrade);
  }

  /** Whether it has a tick that waits for its rate. */
  get isWaiting(): boolean {
    return this.merged > 0 && !this.isQueued;
  }

  /** What it stood for has been sent. */
  clear(): void {
    this.merged = 0;
    this.dueAt = Number.POSITIVE_INFINITY;
  }

  /** Away from each other where the new scale cannot hold them: no trade lies outside. */
  #rescale(priceDecimals: number): void {
    const factor = 10 ** (priceDecimals - this.priceDecimals);
    this.low = Math.floor(this.low * factor);
    this.high = Math.ceil(this.high * factor);
  }
}
