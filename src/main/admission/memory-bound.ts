/**
 * How much memory the process can take, by its configuration: what it needs by itself, what the threads share, and for
 * clients what the limits allow, whether or not anybody ever takes all of it at once. Constants are measured with
 * `node bench/client-memory.ts` (2 cores, Node 22, resident memory) and rounded up.
 */

import { totalmem } from 'node:os';
import type { Logger } from 'pino';
import { SURE_INBOUND_BYTES } from '../../workers/proxy/admission/byte-budgets.ts';
import { LIBRARY_LIMIT_FACTOR } from '../../workers/proxy/admission/library-limit.ts';
import { MAX_IDLE_ENCODERS } from '../../workers/proxy/subscriptions/idle-encoders.ts';
import type { Config } from '../config-options.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Nobody connected, 150,000 instruments in the table: 191 MiB with all threads of a plain start. */
const PROCESS_BYTES = 256 * MIB;
/** What the collector of a thread has not got round to: requests of the largest size become many objects. */
const GARBAGE_BYTES = 128 * MIB;
/** Main, bus, and the connections of one account. */
const OTHER_THREADS = 5;
/** 20.4 KiB with a key and no subscription. */
const CONNECTION_BYTES = 24 * KIB;
/** The library keeps a request of up to 4 KiB until it is whole. */
const HANDSHAKE_BYTES = 8 * KIB;
/** More with TLS. */
const TLS_BYTES = 64 * KIB;
/** 738 bytes in one mode of JSON; a client that is behind has a record of it too. */
const SUBSCRIPTION_BYTES = 1.5 * KIB;
/** 15.2 KiB, of which the encoder is most. */
const STREAM_BYTES = 20 * KIB;
/** Beyond the limit of unsent bytes: what connections that are ending may keep, and what comes between two looks. */
const UNSENT_FACTOR = 1.25;
const UNSENT_SLACK_BYTES = 64 * MIB;

/** Bytes; null where a limit is switched off. */
export interface MemoryBound {
  readonly total: number | null;
  /** By what they are for. */
  readonly parts: Readonly<Record<string, number | null>>;
}

export type BoundedConfig = Pick<
  Config,
  | 'maxMessageBytes'
  | 'maxConnections'
  | 'maxHandshakes'
  | 'maxSubscriptions'
  | 'maxStreams'
  | 'maxOutboundBytes'
  | 'maxInboundBytes'
  | 'sessionBytes'
  | 'tlsCert'
>;

/** A limit times what each costs; null for no limit. */
function product(limit: number, bytes: number): number | null {
  return limit === 0 ? null : limit * bytes;
}

/**
 * @param workers proxy workers
 * @param sharedBytes of the memory that threads share: see `EngineMemory.bytes`; 0 where there is none
 */
export function memoryBound(config: BoundedConfig, workers: number, sharedBytes: number): MemoryBound {
  const unsent = product(config.maxOutboundBytes, UNSENT_FACTOR);
  const waiting = product(config.maxInboundBytes, 1);
  const tlsBytes = config.tlsCert === null ? 0 : TLS_BYTES;
  const parts = {
    process: PROCESS_BYTES + (workers + OTHER_THREADS) * GARBAGE_BYTES,
    shared: sharedBytes,
    connections: product(config.maxConnections, CONNECTION_BYTES + tlsBytes),
    handshakes: product(config.maxHandshakes, HANDSHAKE_BYTES + tlsBytes),
    subscriptions: product(config.maxSubscriptions, SUBSCRIPTION_BYTES),
    streams: product(config.maxStreams, STREAM_BYTES),
    idleEncoders: workers * MAX_IDLE_ENCODERS * STREAM_BYTES,
    unsent: unsent === null ? null : unsent + workers * UNSENT_SLACK_BYTES,
    waitingRequests: waiting === null ? null : waiting + config.maxConnections * SURE_INBOUND_BYTES,
    // A message that has not come to its end lies with the library, where nobody sees how long it is.
    unfinishedMessages: product(config.maxConnections, config.maxMessageBytes * LIBRARY_LIMIT_FACTOR),
    sessions: config.sessionBytes,
  };
  const amounts = Object.values(parts);
  const total = amounts.some((bytes) => bytes === null)
    ? null
    : amounts.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  return { total, parts };
}

/** What the process can have: the machine's memory, or what a container leaves of it. */
export function availableBytes(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
}

/**
 * In the log at the start, each part in MiB, the greatest first.
 * @param available bytes that the process can have
 */
export function reportMemoryBound(
  { total, parts }: MemoryBound,
  log: Pick<Logger, 'info' | 'warn'>,
  available = availableBytes(),
): void {
  const ofWhichMiB = Object.fromEntries(
    Object.entries(parts)
      .sort(([, a], [, b]) => (b ?? Number.POSITIVE_INFINITY) - (a ?? Number.POSITIVE_INFINITY))
      .map(([name, bytes]) => [name, bytes === null ? null : Math.round(bytes / MIB)]),
  );
  if (total === null) {
    log.warn({ ofWhichMiB }, 'the memory of this process has no bound: a limit of clients is switched off');
  } else if (total > available) {
    log.warn(
      { memoryBoundBytes: total, availableBytes: available, ofWhichMiB },
      'clients that take all they may can take more memory than there is; lower TICKWIRE_MAX_CONNECTIONS or ' +
        'TICKWIRE_MAX_MESSAGE_BYTES',
    );
  } else log.info({ memoryBoundBytes: total, ofWhichMiB }, 'the memory of this process is bounded');
}

/** A sentence for whoever looks at the configuration. */
export function describeMemoryBound({ total, parts }: MemoryBound): string {
  if (total !== null)
    return `With clients that take all they may, the process takes ${gib(total)} of memory at most.`;
  const open = Object.keys(parts).filter((name) => parts[name] === null);
  return `The memory of the process has no bound: there is no limit of ${open.join(', ')}.`;
}

function gib(bytes: number): string {
  return `${(bytes / (1024 * MIB)).toFixed(1)} GiB`;
}
