/**
 * A client that does not get every tick of every stream: because it falls behind, or because it asked for no more than so
 * many messages. What has changed waits here, oldest first, until the client has room. Proxy worker thread.
 */
import type { ConnectionOptions } from '../../../codec/connection-options.ts';
import { FEATURE } from '../../../codec/framing.ts';
import { receiptMessage } from '../../../codec/receipt-message.ts';
import type { ServerMessage } from '../../../codec/server-message.ts';
import { MODE } from '../../../codec/tick.ts';
import type { Stream } from '../subscriptions/subscription-index.ts';
import { ConflationRecord } from './conflation-record.ts';
import type { Conflator } from './conflator.ts';
import { MessageRate } from './message-rate.ts';
import { StreamConflation } from './stream-conflation.ts';

/** The client's side of it. */
export interface ConflationReceiver {
  readonly open: boolean;
  readonly options: Pick<ConnectionOptions, 'framing' | 'features'>;
  /** Bytes that wait in this process for the client to take them. */
  readonly backlogBytes: number;
  send(message: ServerMessage): void;
  sendBytes(bytes: Uint8Array | string, isBinary: boolean): void;
  /** Calls `send` at once; what is sent to this client meanwhile leaves in one write. */
  cork(send: () => void): void;
}

/** Records that are sent in one go, in one write: some 4 µs each. */
const PORTION = 32;

export class ConflatingClient {
  readonly #receiver: ConflationReceiver;
  readonly #conflator: Conflator;
  readonly #records = new Map<Stream, ConflationRecord>();
  #first: ConflationRecord | null = null;
  #last: ConflationRecord | null = null;
  /** Bytes that may still be given to the socket. */
  #room = 0;
  #failure: unknown = null;
  /** Streams that are conflated without a rate. */
  unrated = 0;
  /** The socket had no room for more when it was looked at last. */
  isBlocked = false;

  constructor(receiver: ConflationReceiver, conflator: Conflator) {
    this.#receiver = receiver;
    this.#conflator = conflator;
  }

  /** Streams that are conflated for it. */
  get size(): number {
    return this.#records.size;
  }

  /** Whether something waits for the client to take it. */
  get hasWaiting(): boolean {
    return this.#first !== null;
  }

  /** Whether any tick has not been sent to it. */
  get isBehind(): boolean {
    for (const { merged } of this.#records.values()) if (merged > 0) return true;
    return false;
  }

  has(stream: Stream): boolean {
    return this.#records.has(stream);
  }

  /** The first tick of a stream that has not been sent to it, null when all have. */
  waitsFrom(stream: Stream): { readonly epoch: number; readonly seq: number } | null {
    const record = this.#records.get(stream);
    if (record === undefined || record.merged === 0) return null;
    return { epoch: record.firstEpoch, seq: record.firstSeq };
  }

  /** From the next tick on the stream is conflated. @param maxRate messages per second, 0: as many as the client takes */
  enter(stream: Stream, maxRate: number): void {
    stream.conflation ??= new StreamConflation(stream.source === MODE.DEEP_DEPTH);
    const rate = maxRate > 0 ? new MessageRate(maxRate) : null;
    if (rate === null) this.unrated++;
    else this.#conflator.addRated();
    const record = new ConflationRecord(this, stream, stream.conflation, rate);
    this.#records.set(stream, record);
    stream.conflation.enter(record);
  }

  /** The stream is conflated no more. What was not sent of it is forgotten. */
  leave(stream: Stream): void {
    const record = this.#records.get(stream);
    if (record === undefined) return;
    this.#records.delete(stream);
    record.clear();
    if (record.rate === null) this.unrated--;
    else this.#conflator.dropRated();
    record.conflation.leave(record);
    if (record.conflation.size === 0) stream.conflation = null;
  }

  /** A record that waits for nothing has a tick. Hot path of conflated streams; see `StreamConflation.take`. */
  onTick(record: ConflationRecord, isTrade: boolean): void {
    if (record.rate === null) {
      this.queue(record);
      return;
    }
    const now = this.#conflator.now();
    const dueAt = record.rate.dueAt(isTrade, now);
    if (dueAt <= now) this.queue(record);
    else if (dueAt < record.dueAt) this.#conflator.wait(record, dueAt);
  }

  /** Lets a record be sent when the client has taken those before. */
  queue(record: ConflationRecord): void {
    record.isQueued = true;
    record.dueAt = Number.POSITIVE_INFINITY;
    record.next = null;
    if (this.#last === null) this.#first = record;
    else this.#last.next = record;
    this.#last = record;
    if (!this.isBlocked) this.#conflator.ready(this);
  }

  /** Sends what there is of a stream at once, out of turn. */
  settle(stream: Stream): void {
    const record = this.#records.get(stream);
    if (record !== undefined && record.merged > 0 && this.#receiver.open) this.#send(record);
  }

  /** The socket may have room again. */
  unblock(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    if (this.#first !== null) this.#conflator.ready(this);
  }

  /** Sends a portion of what waits. @returns whether the client has room for more that waits */
  flush(): boolean {
    const receiver = this.#receiver;
    if (!receiver.open) {
      this.#first = null;
      this.#last = null;
      return false;
    }
    const room = this.#conflator.lowMarkBytes - receiver.backlogBytes;
    this.isBlocked = room <= 0;
    if (this.isBlocked) return false;
    this.#room = room;
    this.#failure = null;
    receiver.cork(this.#corked);
    if (this.#failure !== null) throw this.#failure;
    return this.#first !== null;
  }

  /** What is thrown must not go through the library, which would take it for nobody's. */
  readonly #corked = (): void => {
    try {
      this.#sendPortion();
    } catch (error) {
      this.#failure = error;
    }
  };

  #sendPortion(): void {
    for (let sent = 0; sent < PORTION && this.#room > 0; ) {
      const record = this.#take();
      if (record === null) return;
      // Records that were settled, or left, are still here.
      if (record.merged === 0) continue;
      this.#room -= this.#send(record);
      sent++;
    }
  }

  #take(): ConflationRecord | null {
    const record = this.#first;
    if (record === null) return null;
    this.#first = record.next;
    if (this.#first === null) this.#last = null;
    record.next = null;
    record.isQueued = false;
    return record;
  }

  /** @returns bytes */
  #send(record: ConflationRecord): number {
    const { stream, conflation } = record;
    const now = this.#conflator.now();
    if (record.merged > 1) this.#announce(record);
    const bytes = stream.encoder.encode(conflation.words, conflation.doubles, this.#conflator.sendTime(now));
    this.#receiver.sendBytes(bytes, stream.isBinary);
    this.#conflator.counts.conflatedSent++;
    this.#conflator.counts.conflated += record.merged - 1;
    record.clear();
    record.rate?.spend(now);
    return bytes.length;
  }

  #announce(record: ConflationRecord): void {
    const { framing, features } = this.#receiver.options;
    const { instrument, form } = record.stream;
    if ((features & FEATURE.RECEIPTS) !== 0) {
      const receipt = receiptMessage(framing, instrument, form.view, record);
      this.#receiver.sendBytes(receipt, framing === 'msgpack');
      this.#conflator.counts.receipts++;
    } else if ((features & FEATURE.SEQUENCE) !== 0) {
      const { symbol, exchange, broker } = instrument;
      this.#receiver.send({
        type: 'gap',
        symbol,
        exchange,
        mode: form.view,
        reason: 'conflated',
        epoch: record.lastEpoch,
        missed: record.merged - 1,
        last_epoch: record.firstEpoch,
        last_seq: record.firstSeq - 1,
        next_seq: record.lastSeq,
        broker,
      });
    }
  }
}
