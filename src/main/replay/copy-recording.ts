/** Puts recordings together in a new file, for example the files of a black box. */
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { BlockWriter, recordingFileHeader } from '../../codec/recording/block-writer.ts';
import {
  BLOCK,
  MAX_PAYLOAD_BYTES,
  RECORDED,
  type RecordedKind,
} from '../../codec/recording/recording-layout.ts';
import {
  type BlockPlace,
  type RecordedMessage,
  readRecords,
} from '../../codec/recording/recording-reader.ts';
import { TickwireError } from '../errors.ts';

const OWNER_ONLY = 0o600;
const BLOCK_BYTES = BLOCK.BYTES + MAX_PAYLOAD_BYTES;
const HAND_OVER_BYTES = 256 * 1024;

/**
 * Makes a recording with nothing in it. A file that is there is left alone: it may be a recording that nobody can make
 * again.
 *
 * @throws TickwireError RECORDING_UNWRITABLE
 */
export function createRecording(path: string): void {
  const file = openNew(path);
  writeSync(file, recordingFileHeader());
  closeSync(file);
}

/**
 * Copies the records of the blocks that are not older than `from`, and of older ones those that say whose feed it is and
 * what it carried.
 *
 * @param from ns since 1970
 * @throws TickwireError RECORDING_UNWRITABLE; the file is removed again then
 */
export function copyRecords(blocks: readonly BlockPlace[], path: string, from: bigint): void {
  const file = openNew(path);
  try {
    writeSync(file, recordingFileHeader());
    let feed = -1;
    let block = new BlockWriter(0, BLOCK_BYTES);
    const writeOut = () => {
      if (!block.isEmpty) writeWhole(file, block.finish());
      block.clear();
    };
    for (const place of blocks) {
      if (place.lastTime < from && (place.kinds & KEPT_KINDS) === 0) continue;
      if (feed !== place.feed) {
        writeOut();
        feed = place.feed;
        block = new BlockWriter(feed, BLOCK_BYTES);
      }
      for (const record of readRecords(place)) {
        if (record.time < from && (KEPT_KINDS & (1 << record.kind)) === 0) continue;
        if (!append(block, record)) {
          writeOut();
          append(block, record);
        }
        if (block.length >= HAND_OVER_BYTES) writeOut();
      }
    }
    writeOut();
  } catch (cause) {
    unlinkSync(path);
    throw unwritable(path, cause);
  } finally {
    closeSync(file);
  }
}

const KEPT_KINDS = (1 << RECORDED.FEED) | (1 << RECORDED.WISHES);

function append(block: BlockWriter, { kind, time, payload }: RecordedMessage): boolean {
  const lo = Number(BigInt.asIntN(32, time));
  const hi = Number(BigInt.asIntN(32, time >> 32n));
  return block.append(kind as RecordedKind, lo, hi, payload);
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx', OWNER_ONLY);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): TickwireError {
  const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = isThere
    ? `${path} is there already; a recording never replaces a file. Choose another name.`
    : `The recording ${path} cannot be written: ${reason}.`;
  return new TickwireError('RECORDING_UNWRITABLE', message, { cause });
}
