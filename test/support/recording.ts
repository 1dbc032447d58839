/** Recordings in memory: made from records, and read back as tests like to compare them. */
import { BlockWriter, recordingFileHeader } from '../../src/codec/recording/block-writer.ts';
import type { RecordedKind } from '../../src/codec/recording/recording-layout.ts';
import {
  type ByteSource,
  mergeRecords,
  type ScannedBlocks,
  scanBlocks,
} from '../../src/codec/recording/recording-reader.ts';

export interface SampleRecord {
  readonly feed: number;
  readonly kind: RecordedKind;
  readonly time: bigint;
  readonly payload: Uint8Array;
}

/** Gives every read in the same buffer, as a file does. */
export function memorySource(bytes: Uint8Array): ByteSource {
  const buffer = Buffer.alloc(bytes.length);
  const read = (at: number, length: number) => {
    buffer.set(bytes.subarray(at, at + length));
    return buffer.subarray(0, Math.max(0, Math.min(length, bytes.length - at)));
  };
  return { size: bytes.length, read };
}

/** A block per inner list, whose records are of one feed. */
export function buildRecording(blocks: readonly (readonly SampleRecord[])[]): Buffer {
  return Buffer.concat([recordingFileHeader(), ...blocks.filter(({ length }) => length > 0).map(buildBlock)]);
}

function buildBlock(records: readonly SampleRecord[]): Uint8Array {
  const block = new BlockWriter(records[0]!.feed, 1024 * 1024);
  for (const { kind, time, payload } of records) {
    const lo = Number(BigInt.asIntN(32, time));
    if (!block.append(kind, lo, Number(BigInt.asIntN(32, time >> 32n)), payload))
      throw new Error('block full');
  }
  return block.finish();
}

export interface ReadBack extends ScannedBlocks {
  readonly records: readonly { feed: number; kind: number; time: bigint; payload: Buffer }[];
}

export function readBack(bytes: Uint8Array): ReadBack {
  const scanned = scanBlocks(memorySource(bytes));
  const records = [...mergeRecords(scanned.blocks)].map((record) => ({
    ...record,
    payload: Buffer.from(record.payload),
  }));
  return { ...scanned, records };
}
