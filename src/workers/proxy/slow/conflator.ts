/**
 * Sends to conflating clients what waits for them: at the end of a drain, when a socket has room again, and when a
 * subscription with a rate is due. A slow client delays nobody: of all of them together only so much is sent in one turn
 * of the event loop, a portion of each in turn. Proxy worker thread.
 */
import { EpochClock } from '../../epoch-clock.ts';
import type { ConflatingClient } from './conflating-client.ts';
import type { ConflationRecord } from './conflation-record.ts';
import { DueQueue } from './due-queue.ts';
import { TurnShare } from './turn-share.ts';

/** Conflated ticks are sent until so many bytes wait for the client. */
export const LOW_MARK_BYTES = 32 * 1024;

export class Conflator {
  /** Ticks that were sent, those for which a later one was, and receipts that said so. */
  readonly counts = { conflatedSent: 0, conflated: 0, receipts: 0 };
  /** Milliseconds of a monotonic clock, as those of `performance.now()`. */
  readonly now: () => number;
  readonly #ready = new Set<ConflatingClient>();
  readonly #share = new TurnShare();
  readonly #due = new DueQueue<ConflationRecord>();
  readonly #clock = new EpochClock();
  readonly #sendTime = new Int32Array(2);
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #nextTurn: NodeJS.Immediate | undefined;
  /** Records with a rate: each of them waits to be due once at most. */
  #rated = 0;

  /** Above so many waiting bytes a client's socket is given no more: what waits with us instead stays the latest. */
  readonly lowMarkBytes: number;

  constructor(now: () => number = () => performance.now(), lowMarkBytes = LOW_MARK_BYTES) {
    this.now = now;
    this.lowMarkBytes = lowMarkBytes;
  }

  /** The client has something to be sent, and may have room for it. */
  ready(client: ConflatingClient): void {
    this.#ready.add(client);
    this.#nextTurn ??= setImmediate(this.#turn);
  }

  /** The record is to be sent at `dueAt`, and not before. */
  wait(record: ConflationRecord, dueAt: number): void {
    record.dueAt = dueAt;
    this.#due.push(dueAt, record);
    this.#wait();
  }

  /** A record with a rate is there from now on. */
  addRated(): void {
    this.#rated++;
  }

  /**
   * A record with a rate has left, and is cleared. What is due of those who left goes before its time once it is the larger
   * part: at a slow rate that would come minutes later, and their clients would be kept with it.
   */
  dropRated(): void {
    this.#rated--;
    if (this.#due.size > 2 * this.#rated) this.#due.keep((record, at) => record.dueAt === at);
  }

  /** Entries that are due later. */
  get waiting(): number {
    return this.#due.size;
  }

  /** The present time as int64, ns since 1970; the words are reused by the next call. */
  sendTime(now: number): Int32Array {
    this.#clock.stampAt(now, this.#sendTime, 0);
    return this.#sendTime;
  }

  /** Follows a wall clock that was set. To be called now and then from a timer. */
  adjustClock(): void {
    this.#clock.adjust();
  }

  /** Sends what is due and what clients have room for. Cheap when there is nothing. */
  flush(): void {
    const now = this.now();
    if (this.#ready.size === 0 && this.#due.soonest > now) return;
    const until = this.#share.begin(now);
    if (this.#due.soonest <= now) this.#takeDue(now, until);
    this.#sendPortions(until);
    const hasMore = this.#ready.size > 0 || this.#due.soonest <= now;
    this.#share.end(this.now(), hasMore);
    if (hasMore) this.#nextTurn ??= setImmediate(this.#turn);
  }

  /** Sends everything that clients have room for, due or not: the worker ends. */
  finish(): void {
    for (let record = this.#due.pop(); record !== undefined; record = this.#due.pop()) {
      if (record.isWaiting) record.client.queue(record);
    }
    for (const client of this.#ready) while (client.flush());
    this.stop();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
    clearImmediate(this.#nextTurn);
    this.#nextTurn = undefined;
    this.#ready.clear();
  }

  readonly #turn = (): void => {
    this.#nextTurn = undefined;
    this.flush();
  };

  #sendPortions(until: number): void {
    for (const client of this.#ready) {
      // Behind those that have not had their turn.
      this.#ready.delete(client);
      if (client.flush()) this.#ready.add(client);
      if (this.now() >= until) break;
    }
  }

  #takeDue(now: number, until: number): void {
    while (this.#due.soonest <= now && this.now() < until) this.#queue(this.#due.pop()!);
    this.#wait();
  }

  /** Of a record that was to be sent earlier, or has left, an old entry may still be there. */
  #queue(record: ConflationRecord): void {
    if (record.isWaiting && record.dueAt <= this.now()) record.client.queue(record);
  }

  #wait(): void {
    const dueAt = this.#due.soonest;
    if (dueAt >= this.#timerAt && this.#timerAt !== Number.POSITIVE_INFINITY) return;
    clearTimeout(this.#timer);
    this.#timerAt = dueAt;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY;
        this.flush();
        this.#wait();
      },
      Math.ceil(dueAt - this.now()),
    );
  }
}
