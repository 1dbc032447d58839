/**
 * Where a recorder's blocks go: one file that all feeds of an engine append to, or the black box, a ring of files per
 * feed of which the oldest is deleted. Feed worker thread; everything here waits for the disk, and nothing of the feed
 * waits for it. What fails is thrown to the recorder, which counts it.
 */
import { mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { recordingFileHeader } from '../../codec/recording/block-writer.ts';
import type { RecorderTask } from '../worker-messages.ts';

type FileHandle = Awaited<ReturnType<typeof open>>;
type BlackBoxBounds = NonNullable<RecorderTask['bounds']>;

/** What a market did is nobody else's business than the trader's. */
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
/** The ring moves by this part of its size and of its time. */
const SEGMENTS = 8;
const SEGMENT_NAME = /^feed-(\d+)-(\d+)\.twr$/;

/** @param feed number of the feed that records */
export function recordingFiles({ path, bounds }: RecorderTask, feed: number): RecordingFiles {
  return bounds === null ? new SharedRecordingFile(path) : new BlackBoxFiles(path, feed, bounds);
}

export interface RecordingFiles {
  /**
   * Appends a block, whole or not at all as far as the system lets it.
   *
   * @param head blocks that a file shall begin with
   * @throws the system's error; the next call tries again
   */
  write(block: Uint8Array, head: () => readonly Uint8Array[]): Promise<void>;
  /** Deletes what has become too old. Never throws. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/** A part of a block would look like damage, so nothing is written behind it: the next block follows by its own sums. */
async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten < bytes.length) {
    throw Object.assign(new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`), {
      code: 'ENOSPC',
    });
  }
}

/** One file, whose header the engine has written. Several feeds append to it at once: the system keeps blocks apart. */
export class SharedRecordingFile implements RecordingFiles {
  readonly #path: string;
  #file: FileHandle | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  async write(block: Uint8Array, head: () => readonly Uint8Array[]): Promise<void> {
    if (this.#file === null) {
      const file = await open(this.#path, 'a', OWNER_ONLY);
      try {
        for (const each of head()) await writeWhole(file, each);
      } catch (error) {
        await file.close();
        throw error;
      }
      this.#file = file;
    }
    await writeWhole(this.#file, block);
  }

  async tidy(): Promise<void> {}

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}

interface Segment {
  readonly path: string;
  bytes: number;
  /** Of the last write, ms since 1970. */
  writtenAt: number;
}

/** The files of one feed. Those of a worker that was killed are taken over by the next. */
export class BlackBoxFiles implements RecordingFiles {
  readonly #directory: string;
  readonly #feed: number;
  readonly #bounds: BlackBoxBounds;
  /** Oldest first. The last one is being written while there is an open file. */
  #segments: Segment[] | null = null;
  #file: FileHandle | null = null;
  #beganAt = 0;

  constructor(directory: string, feed: number, bounds: BlackBoxBounds) {
    this.#directory = directory;
    this.#feed = feed;
    this.#bounds = bounds;
  }

  async write(block: Uint8Array, head: () => readonly Uint8Array[]): Promise<void> {
    const { maxMs, maxBytes } = this.#bounds;
    this.#segments ??= await this.#takeOver();
    const segments = this.#segments;
    const now = Date.now();
    const isFull = (segments.at(-1)?.bytes ?? 0) + block.length > maxBytes / SEGMENTS;
    if (this.#file !== null && (isFull || now - this.#beganAt > maxMs / SEGMENTS)) await this.close();
    await this.#makeRoom(segments, block.length);
    try {
      if (this.#file === null) await this.#begin(segments, head());
      await this.#append(segments, block);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Of this feed, and of feeds that an earlier engine had. */
  async tidy(): Promise<void> {
    const oldest = Date.now() - this.#bounds.maxMs;
    const segments = this.#segments ?? [];
    while (segments.length > (this.#file === null ? 0 : 1) && segments[0]!.writtenAt < oldest) {
      await unlink(segments.shift()!.path).catch(() => {});
    }
    for (const { path, writtenAt } of await this.#list()) {
      // A feed that is idle for so long begins a new file with its next record, so nothing is written to this one.
      if (writtenAt < oldest - this.#bounds.maxMs / SEGMENTS) await unlink(path).catch(() => {});
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  async #makeRoom(segments: Segment[], bytes: number): Promise<void> {
    let total = segments.reduce((sum, segment) => sum + segment.bytes, bytes);
    while (total > this.#bounds.maxBytes && segments.length > (this.#file === null ? 0 : 1)) {
      const oldest = segments.shift()!;
      total -= oldest.bytes;
      await unlink(oldest.path).catch(() => {});
    }
  }

  async #begin(segments: Segment[], head: readonly Uint8Array[]): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    // The disk had no room for its header.
    if (segments.at(-1)?.bytes === 0) await unlink(segments.pop()!.path).catch(() => {});
    this.#beganAt = Math.max(Date.now(), this.#beganAt + 1);
    const path = join(this.#directory, `feed-${this.#feed}-${this.#beganAt}.twr`);
    this.#file = await open(path, 'a', OWNER_ONLY);
    segments.push({ path, bytes: 0, writtenAt: this.#beganAt });
    for (const bytes of [recordingFileHeader(), ...head]) await this.#append(segments, bytes);
  }

  async #append(segments: readonly Segment[], bytes: Uint8Array): Promise<void> {
    const segment = segments.at(-1)!;
    await writeWhole(this.#file!, bytes);
    segment.bytes += bytes.length;
    segment.writtenAt = Date.now();
  }

  async #takeOver(): Promise<Segment[]> {
    const own = await this.#list();
    return own
      .filter(({ feed }) => feed === this.#feed)
      .map(({ path, bytes, writtenAt }) => ({ path, bytes, writtenAt }));
  }

  /** Files of black boxes in the directory, oldest first. */
  async #list(): Promise<(Segment & { readonly feed: number })[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const found = names.flatMap((name) => {
      const match = SEGMENT_NAME.exec(name);
      return match === null ? [] : [{ name, feed: Number(match[1]), beganAt: Number(match[2]) }];
    });
    const segments: (Segment & { readonly feed: number })[] = [];
    for (const { name, feed } of found.sort((a, b) => a.beganAt - b.beganAt)) {
      const path = join(this.#directory, name);
      const { size, mtimeMs } = (await stat(path).catch(() => null)) ?? { size: -1, mtimeMs: 0 };
      if (size >= 0) segments.push({ path, feed, bytes: size, writtenAt: mtimeMs });
    }
    return segments;
  }
}
