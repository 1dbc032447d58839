/** Fills a block of a recording in place. Knows no clock and no file: `frame-recorder.ts` of the feed worker has both. */
import { crc32 } from 'node:zlib';
import {
  BLOCK,
  BLOCK_MAGIC,
  FILE_HEADER,
  FILE_MAGIC,
  MAX_PAYLOAD_BYTES,
  MAX_RECORDS,
  RECORD,
  type RecordedKind,
  VERSION,
} from './recording-layout.ts';

/** What a file begins with. */
export function recordingFileHeader(): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER.BYTES);
  bytes.set(FILE_MAGIC, FILE_HEADER.MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint16(FILE_HEADER.VERSION, VERSION, true);
  view.setUint16(FILE_HEADER.HEADER_BYTES, FILE_HEADER.BYTES, true);
  return bytes;
}

export class BlockWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #feed: number;
  #end: number = BLOCK.BYTES;
  #records = 0;
  #kinds = 0;

  /**
   * @param capacity bytes of the buffer that is filled again and again, header included
   * @throws RangeError when it has no room for a record, or more than a reader takes
   */
  constructor(feed: number, capacity: number) {
    if (capacity < BLOCK.BYTES + RECORD.BYTES || capacity > BLOCK.BYTES + MAX_PAYLOAD_BYTES) {
      throw new RangeError(`a block of ${capacity} bytes is too small or too large`);
    }
    this.#feed = feed;
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get isEmpty(): boolean {
    return this.#records === 0;
  }

  /** Time of the first record, ns since 1970: low and high word. */
  get firstTime(): readonly [lo: number, hi: number] {
    return [this.#view.getInt32(BLOCK.FIRST_TIME, true), this.#view.getInt32(BLOCK.FIRST_TIME + 4, true)];
  }

  /** Bytes, header included. */
  get length(): number {
    return this.#end;
  }

  get records(): number {
    return this.#records;
  }

  /**
   * Copies a record in. Hot path, feed worker thread; neither allocates nor throws.
   *
   * @param timeLo low word of the receive time, ns since 1970
   * @returns false when there is no room left for it
   */
  append(kind: RecordedKind, timeLo: number, timeHi: number, payload: Uint8Array): boolean {
    const at = this.#end;
    const end = at + RECORD.BYTES + payload.length;
    if (end > this.#bytes.length || this.#records === MAX_RECORDS) return false;
    const view = this.#view;
    view.setUint32(at + RECORD.PAYLOAD_BYTES, payload.length, true);
    // The kind and three zeros behind it.
    view.setUint32(at + RECORD.KIND, kind, true);
    view.setInt32(at + RECORD.TIME, timeLo, true);
    view.setInt32(at + RECORD.TIME + 4, timeHi, true);
    this.#bytes.set(payload, at + RECORD.BYTES);
    if (this.#records === 0) this.#setTime(BLOCK.FIRST_TIME, timeLo, timeHi);
    this.#setTime(BLOCK.LAST_TIME, timeLo, timeHi);
    this.#records++;
    this.#kinds |= 1 << kind;
    this.#end = end;
    return true;
  }

  #setTime(at: number, lo: number, hi: number): void {
    this.#view.setInt32(at, lo, true);
    this.#view.setInt32(at + 4, hi, true);
  }

  /** Completes the header. The bytes are valid until `clear`. */
  finish(): Uint8Array {
    const view = this.#view;
    view.setUint32(BLOCK.MAGIC, BLOCK_MAGIC, true);
    view.setUint32(BLOCK.PAYLOAD_BYTES, this.#end - BLOCK.BYTES, true);
    view.setUint32(BLOCK.PAYLOAD_CRC, crc32(this.#bytes.subarray(BLOCK.BYTES, this.#end)), true);
    view.setUint16(BLOCK.FEED, this.#feed, true);
    view.setUint16(BLOCK.RECORDS, this.#records, true);
    view.setUint32(BLOCK.KINDS, this.#kinds, true);
    view.setUint32(BLOCK.HEADER_CRC, crc32(this.#bytes.subarray(0, BLOCK.HEADER_CRC)), true);
    return this.#bytes.subarray(0, this.#end);
  }

  clear(): void {
    this.#end = BLOCK.BYTES;
    this.#records = 0;
    this.#kinds = 0;
  }
}
