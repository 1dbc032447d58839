/** What bus and proxy workers are started with. */
import type { Dialect } from '../codec/dialect.ts';
import type { AdmissionTask } from './admission-messages.ts';
import type { HelloData } from './bus/control-message.ts';
import type { ProxyReload } from './reload-messages.ts';
import type { AccountStatus, InstrumentName, SharedMemory, WaitStrategyName } from './worker-messages.ts';

export interface BusTask {
  readonly memory: SharedMemory;
  /** This reader's place in the doorbell block. */
  readonly reader: number;
  readonly endpoint: string;
  readonly waitStrategy: WaitStrategyName;
  readonly spinUs: number;
  /** Messages that ZeroMQ holds for one subscriber before it drops. */
  readonly sendHighWaterMark: number;
  readonly heartbeatMs: number;
  /** An instrument of which nothing was sent for so long gets its last value again. */
  readonly republishMs: number;
  /** What the last subscriber gave up stays subscribed upstream for so long. */
  readonly lingerMs: number;
  /** Null: whoever reaches the bus may read it. */
  readonly curve: CurveServer | null;
  /** What a proxy on another host is told when it says hello. */
  readonly hello: HelloData;
  /** The broker sessions that are in use, or were; later ones come as messages. */
  readonly accounts: readonly AccountStatus[];
  /** Times that a topic went on with another slot in earlier lives of the worker: their epochs were higher than the feed's. */
  readonly takeovers: number;
}

/** How the bus proves itself, and to whom it speaks. Keys are Z85. */
export interface CurveServer {
  readonly secretKey: string;
  readonly publicKey: string;
  /** Public keys of the proxies that may read the bus; later lists come as `allowedKeys`. */
  readonly allowed: readonly string[];
}

/** Keys of a proxy that speaks to feed hosts over CURVE. */
export interface CurveClient {
  /** Both Z85, 40 characters. */
  readonly publicKey: string;
  readonly secretKey: string;
  /** The feed hosts' public keys, Z85: one for all, or one for each feed host in the order of `feeds`. */
  readonly serverKeys: readonly string[];
}

/** Ticks from the rings of this process, answers from its main thread. */
export interface RingSourceTask {
  readonly kind: 'ring';
  readonly memory: SharedMemory;
  readonly reader: number;
  readonly waitStrategy: WaitStrategyName;
  readonly spinUs: number;
}

/** Ticks and answers from feed hosts on the bus. */
export interface BusSourceTask {
  readonly kind: 'bus';
  /** Bus endpoints: for each feed its hosts, the ones behind the first stand by. */
  readonly feeds: readonly (readonly string[])[];
  /** Messages that ZeroMQ holds for this worker before it drops; per feed host. */
  readonly receiveHighWaterMark: number;
  /** A feed host is away when nothing came for three of these. */
  readonly heartbeatMs: number;
  /** Longest wait for an answer, and for the first tick of what was subscribed. */
  readonly controlTimeoutMs: number;
  readonly curve: CurveClient | null;
}

export interface ProxyTask extends Omit<ProxyReload, 'limits'> {
  readonly source: RingSourceTask | BusSourceTask;
  readonly host: string;
  readonly port: number;
  /** Several workers listen on it. */
  readonly isPortShared: boolean;
  /** Whether clients may have their messages compressed. */
  readonly compression: boolean;
  /** How long the first tick that was not sent waits for others, in µs; 0: it does not. */
  readonly flushUs: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly maxBackpressureBytes: number;
  /** What its clients may take, beside the two above, and what is counted over all proxy workers. */
  readonly admission: AdmissionTask;
  /** On the bus: until a feed host says its own. */
  readonly supportedBrokers: readonly string[];
  readonly capabilities: readonly CapabilityRow[];
  /** Dialect of a client that chooses none. */
  readonly defaultDialect: Dialect;
  /** Keepalive of the design's clients. */
  readonly designPingIntervalMs: number;
  readonly designPingTimeoutMs: number;
  /** The page served at `/`, and what it is told. */
  readonly page: {
    readonly html: string;
    readonly watch: readonly InstrumentName[];
    readonly demoKey: string | null;
    /** The prices are made up: the page says so. */
    readonly simulated: boolean;
    /** The ticks are those of a recording: the page says so. */
    readonly replayed: boolean;
  };
}

/** What a broker gives on an exchange; `*` for every exchange without a row of its own. */
export interface CapabilityRow {
  readonly broker: string;
  readonly exchange: string;
  /** Levels per side, ascending. */
  readonly depthLevels: readonly number[];
}
