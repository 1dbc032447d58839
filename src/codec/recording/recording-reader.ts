/**
 * Reads recordings, also those that are torn, damaged or still being written: what is whole is given, and for the rest it
 * is said where it lies and what is wrong with it. `scanBlocks` looks at every byte once and finds the blocks;
 * `mergeRecords` then gives the records of all feeds in the order of their times.
 */
import { crc32 } from 'node:zlib';
import {
  BLOCK,
  BLOCK_MAGIC,
  FILE_HEADER,
  FILE_MAGIC,
  MAX_PAYLOAD_BYTES,
  RECORD,
  VERSION,
} from './recording-layout.ts';

/** Bytes that can be read anywhere: a file, or memory. */
export interface ByteSource {
  readonly size: number;
  /** The bytes that are there, fewer than `length` at the end; valid until the next call. */
  read(at: number, length: number): Uint8Array;
}

export interface BlockPlace {
  readonly source: ByteSource;
  /** Of the records. */
  readonly at: number;
  readonly bytes: number;
  readonly feed: number;
  readonly records: number;
  /** Kinds of the records: a bit `1 << kind` for each. */
  readonly kinds: number;
  /** ns since 1970. */
  readonly firstTime: bigint;
  readonly lastTime: bigint;
}

export interface Damage {
  readonly at: number;
  readonly bytes: number;
  /** `torn`: the file ends inside a block. `damaged`: bytes that are no whole block. */
  readonly kind: 'torn' | 'damaged';
}

export interface ScannedBlocks {
  readonly blocks: readonly BlockPlace[];
  readonly damages: readonly Damage[];
}

export interface RecordedMessage {
  readonly feed: number;
  /** One of RECORDED, or a number that this version does not know. */
  readonly kind: number;
  /** ns since 1970. */
  readonly time: bigint;
  /** Valid until the next record is asked for. */
  readonly payload: Uint8Array;
}

/** Bytes that are looked through at once for the next block behind a damage. */
const SEARCH_BYTES = 64 * 1024;

/** Why a file is no recording that can be read, or null. */
export function recordingFault(source: ByteSource): string | null {
  const head = source.read(0, FILE_HEADER.BYTES);
  if (head.length < FILE_HEADER.BYTES)
    return `it has ${head.length} bytes, less than the header of a recording`;
  if (FILE_MAGIC.some((byte, i) => head[i] !== byte)) return 'it does not begin as a recording does';
  const version = viewOf(head).getUint16(FILE_HEADER.VERSION, true);
  if (version > VERSION) return `it has version ${version}, and this program reads up to ${VERSION}`;
  return null;
}

/**
 * Finds every whole block. Never throws for what a file holds.
 * @param source a file without `recordingFault`
 */
export function scanBlocks(source: ByteSource): ScannedBlocks {
  const blocks: BlockPlace[] = [];
  const damages: Damage[] = [];
  const { size } = source;
  const head = source.read(0, FILE_HEADER.BYTES);
  let at = Math.max(FILE_HEADER.BYTES, viewOf(head).getUint16(FILE_HEADER.HEADER_BYTES, true));
  while (at < size) {
    const block = readBlock(source, at);
    if (typeof block !== 'string') {
      blocks.push(block);
      at = block.at + block.bytes;
      continue;
    }
    const next = findBlock(source, at + 1);
    damages.push({ at, bytes: next - at, kind: block === 'torn' && next === size ? 'torn' : 'damaged' });
    at = next;
  }
  return { blocks, damages };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readBlock(source: ByteSource, at: number): BlockPlace | 'torn' | 'damaged' {
  const head = source.read(at, BLOCK.BYTES);
  if (head.length < BLOCK.BYTES) return 'torn';
  const view = viewOf(head);
  if (view.getUint32(BLOCK.MAGIC, true) !== BLOCK_MAGIC) return 'damaged';
  if (view.getUint32(BLOCK.HEADER_CRC, true) !== crc32(head.subarray(0, BLOCK.HEADER_CRC))) return 'damaged';
  const bytes = view.getUint32(BLOCK.PAYLOAD_BYTES, true);
  if (bytes > MAX_PAYLOAD_BYTES) return 'damaged';
  const block: BlockPlace = {
    source,
    at: at + BLOCK.BYTES,
    bytes,
    feed: view.getUint16(BLOCK.FEED, true),
    records: view.getUint16(BLOCK.RECORDS, true),
    kinds: view.getUint32(BLOCK.KINDS, true),
    firstTime: view.getBigUint64(BLOCK.FIRST_TIME, true),
    lastTime: view.getBigUint64(BLOCK.LAST_TIME, true),
  };
  const sum = view.getUint32(BLOCK.PAYLOAD_CRC, true);
  const payload = source.read(block.at, bytes);
  if (payload.length < bytes) return 'torn';
  return crc32(payload) === sum ? block : 'damaged';
}

/** Where the next whole block begins, or the end. */
function findBlock(source: ByteSource, from: number): number {
  for (let at = from; at < source.size; ) {
    const bytes = source.read(at, SEARCH_BYTES);
    if (bytes.length < 4) break;
    const found = indexOfMagic(bytes);
    if (found < 0) {
      // The last three bytes may begin one.
      at += bytes.length - 3;
      continue;
    }
    if (typeof readBlock(source, at + found) !== 'string') return at + found;
    at += found + 1;
  }
  return source.size;
}

function indexOfMagic(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  for (let at = bytes.indexOf(BLOCK_MAGIC & 0xff); at >= 0; at = bytes.indexOf(BLOCK_MAGIC & 0xff, at + 1)) {
    if (at + 4 <= bytes.length && view.getUint32(at, true) === BLOCK_MAGIC) return at;
  }
  return -1;
}

/** The records of one block, in their order. Ends early at a record that does not fit its block, which no writer makes. */
export function* readRecords(block: BlockPlace): Generator<RecordedMessage> {
  // A copy, since the source may be asked for other blocks in between.
  const bytes = new Uint8Array(block.source.read(block.at, block.bytes));
  const view = viewOf(bytes);
  for (let at = 0; at + RECORD.BYTES <= bytes.length; ) {
    const start = at + RECORD.BYTES;
    const end = start + view.getUint32(at + RECORD.PAYLOAD_BYTES, true);
    if (end > bytes.length) return;
    yield {
      feed: block.feed,
      kind: view.getUint8(at + RECORD.KIND),
      time: view.getBigUint64(at + RECORD.TIME, true),
      payload: bytes.subarray(start, end),
    };
    at = end;
  }
}

function* recordsOf(blocks: readonly BlockPlace[]): Generator<RecordedMessage> {
  for (const block of blocks) yield* readRecords(block);
}

/**
 * The records of all feeds, by time. Those of one feed keep their order whatever their times say, since a clock may be
 * set; of two feeds at the same time the lower number goes first.
 */
export function* mergeRecords(blocks: readonly BlockPlace[]): Generator<RecordedMessage> {
  const byFeed = Map.groupBy(blocks, ({ feed }) => feed);
  const cursors = [...byFeed.keys()].sort((a, b) => a - b).map((feed) => recordsOf(byFeed.get(feed)!));
  const heads = cursors.map((cursor) => ({ cursor, result: cursor.next() }));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.result.done) continue;
      if (first === undefined || first.result.done || head.result.value.time < first.result.value.time)
        first = head;
    }
    if (first === undefined || first.result.done) return;
    yield first.result.value;
    first.result = first.cursor.next();
  }
}
