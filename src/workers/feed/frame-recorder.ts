/**
 * Records what a feed receives. Messages are copied into blocks that were allocated once, and the blocks are written
 * while the feed goes on: when the disk cannot keep up, all blocks are full, and messages are dropped and counted, and the
 * recording says so. The feed never waits and never fails for it. Handshakes, tokens and requests are never recorded.
 *
 * Feed worker thread.
 */
import { BlockWriter } from '../../codec/recording/block-writer.ts';
import type { RecordedWish, RecordedWishes } from '../../codec/recording/recorded-wishes.ts';
import { RECORDED, type RecordedKind } from '../../codec/recording/recording-layout.ts';
import { MODE } from '../../codec/tick.ts';
import type { EpochClock } from '../epoch-clock.ts';
import type { UpstreamWish } from '../worker-messages.ts';
import type { RecordingFiles } from './recording-files.ts';

/** A message of 3000 full Kite packets has 558 kB and must fit in. */
const BLOCK_BYTES = 1024 * 1024;
/** Full enough to be written: its sum takes some 30 µs. */
const HAND_OVER_BYTES = 256 * 1024;
/** Those that may wait for the disk, and the one that is being filled: half a second of 45,000 frames a second. */
const BLOCKS = 8;
/** What a killed process may take with it. */
const FLUSH_MS = 250;
const TIDY_MS = 5000;
/** A disk that hangs must not keep a worker from its end, and another one from its place. */
const STOP_TIMEOUT_MS = 1500;
/** Wishes in one record. */
const WISHES_PER_RECORD = 500;
const NOTHING = new Uint8Array(0);

export interface FrameRecorderOptions {
  readonly feed: number;
  readonly broker: string;
  readonly files: RecordingFiles;
  readonly clock: EpochClock;
  /** Told when writing fails for the first time, and, with null, when it goes well again. */
  readonly onTrouble: (message: string | null) => void;
}

export class FrameRecorder {
  readonly #options: FrameRecorderOptions;
  readonly #free: BlockWriter[];
  readonly #full: BlockWriter[] = [];
  readonly #wished = new Map<string, RecordedWish>();
  readonly #now = new Int32Array(2);
  readonly #flushing: NodeJS.Timeout;
  readonly #tidying: NodeJS.Timeout;
  #block: BlockWriter | null;
  #writing: Promise<void> | null = null;
  #isInTrouble = false;
  /** Lost since the last record that said so. */
  #lostMessages = 0;
  #lostBytes = 0;
  readonly #counts = { recorded: 0, recordedBytes: 0, recordDropped: 0, recordWriteErrors: 0 };

  constructor(options: FrameRecorderOptions) {
    this.#options = options;
    this.#free = Array.from({ length: BLOCKS }, () => new BlockWriter(options.feed, BLOCK_BYTES));
    this.#block = this.#free.pop()!;
    this.#flushing = setInterval(() => {
      if (this.#writing === null) this.#handOver();
    }, FLUSH_MS);
    this.#tidying = setInterval(() => void options.files.tidy(), TIDY_MS);
    // The feed keeps its thread, not the recorder.
    this.#flushing.unref();
    this.#tidying.unref();
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /**
   * One message of the broker. Hot path: allocates nothing but when a block is handed over, does not throw.
   *
   * @param time ns since 1970, low and high word
   */
  frame(bytes: Uint8Array, isBinary: boolean, time: Int32Array): void {
    this.#counts.recorded++;
    this.#counts.recordedBytes += bytes.length;
    this.#append(isBinary ? RECORDED.BINARY : RECORDED.TEXT, bytes, time);
  }

  opened(): void {
    this.#append(RECORDED.OPENED, NOTHING, this.#stamp());
  }

  closed(): void {
    this.#append(RECORDED.CLOSED, NOTHING, this.#stamp());
  }

  /** What the connection shall carry from now on. */
  wishes(action: RecordedWishes['action'], wishes: readonly UpstreamWish[]): void {
    const recorded = wishes.map(({ instrument, mode }): RecordedWish => {
      const { exchange, symbol, segment, token } = instrument;
      return { exchange, symbol, segment, token, mode };
    });
    for (const wish of recorded) {
      const key = `${wish.exchange}\0${wish.symbol}\0${wish.mode === MODE.DEEP_DEPTH}`;
      if (action === 'subscribe') this.#wished.set(key, wish);
      else this.#wished.delete(key);
    }
    for (const payload of encodeWishes(action, recorded)) {
      this.#append(RECORDED.WISHES, payload, this.#stamp());
    }
  }

  /** Writes what is there and closes the file; a disk that hangs is waited for no longer than 1.5 s. */
  async stop(): Promise<void> {
    clearInterval(this.#flushing);
    clearInterval(this.#tidying);
    if (this.#lostMessages > 0) this.#recordLoss();
    this.#handOver();
    const timeUp = Promise.withResolvers<void>();
    const deadline = setTimeout(timeUp.resolve, STOP_TIMEOUT_MS);
    await Promise.race([this.#finish(), timeUp.promise]);
    clearTimeout(deadline);
  }

  async #finish(): Promise<void> {
    await this.#writing;
    await this.#options.files.close().catch(() => {});
  }

  #stamp(): Int32Array {
    this.#options.clock.stamp(this.#now, 0);
    return this.#now;
  }

  #append(kind: RecordedKind, payload: Uint8Array, time: Int32Array): void {
    if (this.#lostMessages > 0) this.#recordLoss();
    const block = this.#block;
    if (block?.append(kind, time[0]!, time[1]!, payload)) {
      // While the disk is busy, blocks are filled up: that is how much of a standstill it may have.
      if (block.length >= HAND_OVER_BYTES && this.#writing === null) this.#handOver();
      return;
    }
    this.#handOver();
    if (this.#block?.append(kind, time[0]!, time[1]!, payload)) return;
    this.#counts.recordDropped++;
    this.#lostMessages++;
    this.#lostBytes += payload.length;
  }

  #recordLoss(): void {
    const loss = Buffer.from(JSON.stringify({ messages: this.#lostMessages, bytes: this.#lostBytes }));
    const [lo, hi] = this.#stamp();
    if (this.#block?.append(RECORDED.DROPPED, lo!, hi!, loss) !== true) return;
    this.#lostMessages = 0;
    this.#lostBytes = 0;
  }

  /** Gives the block to the disk and takes an empty one, if there is one. */
  #handOver(): void {
    if (this.#block !== null && !this.#block.isEmpty) {
      this.#full.push(this.#block);
      this.#block = null;
      this.#writing ??= this.#writeAll();
    }
    this.#block ??= this.#free.pop() ?? null;
  }

  async #writeAll(): Promise<void> {
    for (let block = this.#full.shift(); block !== undefined; block = this.#full.shift()) {
      await this.#write(block);
      block.clear();
      this.#free.push(block);
    }
    this.#writing = null;
  }

  async #write(block: BlockWriter): Promise<void> {
    const { files, onTrouble } = this.#options;
    try {
      await files.write(block.finish(), () => this.#head(block));
      if (this.#isInTrouble) onTrouble(null);
      this.#isInTrouble = false;
    } catch (error) {
      this.#counts.recordWriteErrors++;
      this.#counts.recordDropped += block.records;
      this.#lostMessages += block.records;
      this.#lostBytes += block.length;
      if (!this.#isInTrouble) onTrouble(error instanceof Error ? error.message : String(error));
      this.#isInTrouble = true;
    }
  }

  /** Whose feed it is and what it carries: a file that begins in the middle of the day can be understood by itself. */
  #head(before: BlockWriter): Uint8Array[] {
    const broker = Buffer.from(JSON.stringify({ broker: this.#options.broker }));
    const records: [RecordedKind, Uint8Array][] = [
      [RECORDED.FEED, broker],
      ...encodeWishes('subscribe', [...this.#wished.values()]).map((wishes): [RecordedKind, Uint8Array] => [
        RECORDED.WISHES,
        wishes,
      ]),
    ];
    // Not the time of now: records are merged by it with those of other feeds.
    const [lo, hi] = before.firstTime;
    return records.map(([kind, payload]) => {
      const block = new BlockWriter(this.#options.feed, BLOCK_BYTES);
      block.append(kind, lo, hi, payload);
      return block.finish();
    });
  }
}

function encodeWishes(action: RecordedWishes['action'], wishes: readonly RecordedWish[]): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (let from = 0; from < wishes.length; from += WISHES_PER_RECORD) {
    const part: RecordedWishes = { action, wishes: wishes.slice(from, from + WISHES_PER_RECORD) };
    payloads.push(Buffer.from(JSON.stringify(part)));
  }
  return payloads;
}
