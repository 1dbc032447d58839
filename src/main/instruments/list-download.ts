/**
 * Brings a broker's instrument list, from an address or from a file, into a file of ours: unpacked, counted, hashed, and on
 * the disk before anybody looks at it. Runs in a worker thread.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { describeConnectError } from '../../workers/feed/connect-error.ts';
import { TickwireError } from '../errors.ts';

const GZIP_MAGIC = [0x1f, 0x8b];
const MIB = 1024 * 1024;

export interface DownloadLimits {
  /** Without a byte for so long, ms. */
  readonly idleMs: number;
  readonly totalMs: number;
  /** Of the unpacked list. */
  readonly maxBytes: number;
}

export const DOWNLOAD_LIMITS: DownloadLimits = { idleMs: 30_000, totalMs: 180_000, maxBytes: 256 * MIB };

/** What a server gave along with a list, to be sent back with the next question. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface DownloadTask {
  /** An http(s) address, or the path of a file; either may be gzip. */
  readonly from: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the list that is there already, null to fetch in any case. */
  readonly known: Validators | null;
  /** File that is written. */
  readonly to: string;
  readonly limits: DownloadLimits;
  /** @param total null when the server does not say */
  readonly onProgress: (progress: { readonly bytes: number; readonly total: number | null }) => void;
}

export type DownloadOutcome =
  | { readonly status: 'unchanged' }
  | ({ readonly status: 'fetched'; readonly bytes: number; readonly sha256: string } & Validators);

/** An address as it may be shown: without a password, and without what stands behind its path. */
export function shownAddress(from: string): string {
  return isAddress(from) ? from.replace(/(:\/\/)[^/@]*@/, '$1').replace(/[?#].*$/s, '') : from;
}

export function isAddress(from: string): boolean {
  return /^https?:\/\//i.test(from);
}

/** @throws TickwireError INSTRUMENTS_UNAVAILABLE, INSTRUMENTS_CUT or INSTRUMENTS_TOO_LARGE */
export async function downloadList(task: DownloadTask): Promise<DownloadOutcome> {
  const { limits } = task;
  const stop = new AbortController();
  const idle = setTimeout(
    () => stop.abort(new Error(`nothing came for ${limits.idleMs / 1000} s`)),
    limits.idleMs,
  );
  const total = setTimeout(
    () => stop.abort(new Error(`it took longer than ${limits.totalMs / 1000} s`)),
    limits.totalMs,
  );
  try {
    const source = await openSource(task, stop.signal);
    if (source === null) return { status: 'unchanged' };
    const written = await write(source, task, stop.signal, () => idle.refresh());
    return { status: 'fetched', ...written, etag: source.etag, lastModified: source.lastModified };
  } catch (error) {
    if (error instanceof TickwireError) throw error;
    const cause = stop.signal.aborted ? stop.signal.reason : error;
    throw failure('INSTRUMENTS_UNAVAILABLE', task, messageOf(cause, task.from));
  } finally {
    clearTimeout(idle);
    clearTimeout(total);
    // Whatever of the answer nobody has read is not read any more.
    stop.abort();
  }
}

interface Source extends Validators {
  /** No stream of Node.js before somebody reads: one that fails while nobody listens ends the process. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Bytes that will come, null when that is not known. */
  readonly total: number | null;
}

async function openSource(task: DownloadTask, signal: AbortSignal): Promise<Source | null> {
  const { from, headers, known } = task;
  if (!isAddress(from)) {
    const file = await open(from, 'r');
    const { size } = await file.stat();
    await file.close();
    return { pieces: filePieces(from, signal), total: size, etag: null, lastModified: null };
  }
  const conditions = {
    ...(known?.etag ? { 'If-None-Match': known.etag } : {}),
    ...(known?.lastModified ? { 'If-Modified-Since': known.lastModified } : {}),
  };
  const response = await fetch(from, {
    headers: { Accept: '*/*', 'Accept-Encoding': 'gzip', ...headers, ...conditions },
    signal,
  });
  if (from.startsWith('https:') && !response.url.startsWith('https:'))
    throw new Error('it leads to an address without TLS');
  if (response.status === 304 && known !== null) return null;
  if (response.status !== 200 || response.body === null) throw new Error(`HTTP status ${response.status}`);
  const isPlain = (response.headers.get('content-encoding') ?? 'identity') === 'identity';
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  return {
    pieces: response.body,
    total: isPlain && Number.isSafeInteger(length) ? length : null,
    etag: response.headers.get('etag'),
    lastModified: response.headers.get('last-modified'),
  };
}

async function* filePieces(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { signal });
}

async function write(
  { pieces, total }: Source,
  task: DownloadTask,
  signal: AbortSignal,
  onBytes: () => void,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const file = await open(task.to, 'w', 0o600);
  let received = 0;
  let bytes = 0;
  async function* counted() {
    for await (const piece of pieces) {
      received += piece.length;
      onBytes();
      task.onProgress({ bytes: received, total });
      yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    }
  }
  try {
    for await (const piece of await unpacked(counted(), signal)) {
      bytes += piece.length;
      if (bytes > task.limits.maxBytes) {
        throw failure('INSTRUMENTS_TOO_LARGE', task, `it is larger than ${task.limits.maxBytes / MIB} MiB`);
      }
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } catch (error) {
    const hasBegun = received > 0 || isAddress(task.from);
    if (error instanceof TickwireError || signal.aborted || !hasBegun) throw error;
    throw failure(
      'INSTRUMENTS_CUT',
      task,
      `it broke off after ${received} bytes (${messageOf(error, task.from)})`,
    );
  } finally {
    await file.close();
  }
  if (total !== null && received !== total) {
    throw failure('INSTRUMENTS_CUT', task, `${received} of ${total} bytes came`);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The pieces as they are, or unpacked if the first two bytes say that they are packed. */
async function unpacked(pieces: AsyncGenerator<Buffer>, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
  let head = Buffer.alloc(0);
  while (head.length < GZIP_MAGIC.length) {
    const { value, done } = await pieces.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  async function* whole() {
    yield head;
    yield* pieces;
  }
  const isPacked = GZIP_MAGIC.every((byte, i) => head[i] === byte);
  return isPacked ? Readable.from(whole()).compose(createGunzip(), { signal }) : whole();
}

function failure(
  code: 'INSTRUMENTS_UNAVAILABLE' | 'INSTRUMENTS_CUT' | 'INSTRUMENTS_TOO_LARGE',
  { from }: DownloadTask,
  reason: string,
): TickwireError {
  // An address may have a password in it.
  const shown = isAddress(from) ? reason.replaceAll(from, 'it') : reason;
  return new TickwireError(
    code,
    `The instrument list from ${shownAddress(from)} cannot be fetched: ${shown}.`,
  );
}

/** fetch says no more than "fetch failed"; its cause says why. */
function messageOf(error: unknown, from: string): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error.cause instanceof Error)) return error.message;
  return (
    (isAddress(from) ? describeConnectError(error.cause, from) : error.cause.message) || String(error.cause)
  );
}
