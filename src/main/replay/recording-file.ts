/** Opens recordings: a file, or several that are read as one. */
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BlockPlace,
  type ByteSource,
  type Damage,
  recordingFault,
  scanBlocks,
} from '../../codec/recording/recording-reader.ts';
import { TickwireError } from '../errors.ts';

/** Reads a file at any place, into a buffer of its own. */
class FileSource implements ByteSource {
  readonly size: number;
  readonly #descriptor: number;
  #buffer = Buffer.alloc(64 * 1024);

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    const stats = fstatSync(this.#descriptor);
    // A file that is being written grows on; what comes later is left out.
    this.size = stats.size;
    if (stats.isFile()) return;
    closeSync(this.#descriptor);
    throw new Error('it is no file');
  }

  read(at: number, length: number): Uint8Array {
    if (length > this.#buffer.length) this.#buffer = Buffer.alloc(length);
    const wanted = Math.max(0, Math.min(length, this.size - at));
    let end = 0;
    while (end < wanted) {
      const bytes = readSync(this.#descriptor, this.#buffer, end, wanted - end, at + end);
      if (bytes === 0) break;
      end += bytes;
    }
    return this.#buffer.subarray(0, end);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

export interface FileDamage extends Damage {
  readonly path: string;
}

export interface OpenRecording {
  /** Of all files, in their order. */
  readonly blocks: readonly BlockPlace[];
  readonly damages: readonly FileDamage[];
  close(): void;
}

/** Reads every byte once. @throws TickwireError RECORDING_UNREADABLE for a file that is no recording */
export function openRecording(paths: readonly string[]): OpenRecording {
  const sources: FileSource[] = [];
  const close = () => {
    for (const source of sources) source.close();
  };
  const blocks: BlockPlace[] = [];
  const damages: FileDamage[] = [];
  try {
    for (const path of paths) {
      const source = openSource(path);
      sources.push(source);
      const fault = recordingFault(source);
      if (fault !== null) throw unreadable(path, fault);
      const scanned = scanBlocks(source);
      for (const block of scanned.blocks) blocks.push(block);
      for (const damage of scanned.damages) damages.push({ ...damage, path });
    }
  } catch (error) {
    close();
    throw error;
  }
  return { blocks, damages, close };
}

function openSource(path: string): FileSource {
  try {
    return new FileSource(path);
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): TickwireError {
  return new TickwireError('RECORDING_UNREADABLE', `${path} cannot be read as a recording: ${reason}.`, {
    cause,
  });
}

/**
 * The files of a black box, each feed's in the order of their times. A file whose header is not there yet has nothing in
 * it, and one that the engine deletes meanwhile is gone: both are left out.
 *
 * @throws TickwireError RECORDING_UNREADABLE when there is no such directory
 */
export function blackBoxPaths(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TickwireError(
      'RECORDING_UNREADABLE',
      `There is no black box in ${directory}: ${reason}. It is kept when TICKWIRE_BLACK_BOX_MINUTES is set, and ` +
        'TICKWIRE_BLACK_BOX_DIR says where.',
      { cause },
    );
  }
  const found = names.flatMap((name) => {
    const match = /^feed-\d+-(\d+)\.twr$/.exec(name);
    return match === null ? [] : [{ path: join(directory, name), beganAt: Number(match[1]) }];
  });
  return found
    .sort((a, b) => a.beganAt - b.beganAt)
    .map(({ path }) => path)
    .filter((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0);
}

/** What is wrong with a file, for people. */
export function describeDamage({ path, at, bytes, kind }: FileDamage): string {
  return kind === 'torn'
    ? `${path} ends in the middle of a block: its last ${bytes} bytes are left out`
    : `${path} is damaged at byte ${at}: ${bytes} bytes are left out`;
}
