/**
 * What an operator sees of a running process, once a second: plain data, which goes to the dashboard as JSON. What is not
 * known is null or left out, never a zero that nobody measured.
 */
import type { ClientRow } from '../../workers/client-messages.ts';
import type { FeedState } from '../../workers/worker-messages.ts';
import type { SegmentKey } from './segment-name.ts';

export type HostRole = 'engine' | 'feed' | 'proxy';

/** Of the process itself. */
export interface HostView {
  readonly role: HostRole;
  readonly version: string;
  readonly pid: number;
  /** ms since 1970 */
  readonly startedAt: number;
  /** Registry name of the broker, or `simulated`; empty on a proxy host, which has none. */
  readonly broker: string;
  /** Where clients connect, `ws://…`; null on a feed host. */
  readonly clientUrl: string | null;
  /** Null on a proxy host. */
  readonly busEndpoint: string | null;
}

export interface ReadyView {
  readonly ok: boolean;
  /** Why not, one sentence each; empty where all is well. */
  readonly reasons: readonly string[];
}

/** A connection to a broker; on a proxy host a feed host, whose address stands for the account. */
export interface UpstreamView {
  readonly feed: number;
  readonly broker: string;
  readonly account: string;
  readonly state: FeedState;
  /** Of the state, ms since 1970. */
  readonly since: number;
  /** For people. */
  readonly detail: string;
  readonly instruments: number;
  readonly ticksPerSecond: number;
  /** Lives of its worker behind the first. */
  readonly restarts: number;
  /** Connections behind the first, over all lives of its worker. */
  readonly reconnects: number;
}

/** The instruments of one exchange that somebody holds through an account. */
export interface SegmentView extends SegmentKey {
  /** Null before the first tick of any. */
  readonly lastTickAgeMs: number | null;
  readonly ticksPerSecond: number;
  /** From the exchange's time to the read of the socket, as the machine's clock measures it; of the last ten seconds. */
  readonly delayMs: { readonly p50: number; readonly p99: number } | null;
}

/** Of the last second, in ms. */
export interface HopView {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly count: number;
}

export type HopName = 'receive_to_publish' | 'publish_to_send' | 'receive_to_send';

export interface ThreadView {
  readonly name: string;
  readonly loopDelayP99Ms: number;
  /** Time in garbage collection within the last second. */
  readonly gcMs: number;
  /** Part of the last second that the event loop was busy, 0 to 1. */
  readonly utilization: number;
  readonly restarts: number;
}

export interface InstrumentView {
  readonly exchange: string;
  readonly symbol: string;
  readonly ticksPerSecond: number;
  /** Clients of this process that hold it; 0 until they were counted, which takes somebody who looks. */
  readonly clients: number;
  readonly lastTickAgeMs: number | null;
}

/** How far this machine's clock is from the exchange's, as the ticks tell it. */
export interface ClockOffsetView {
  /** Positive: this machine's clock is ahead. Only what is proven: 0 while 0 is possible. */
  readonly ms: number;
  /** Null while nothing bounds it. */
  readonly uncertaintyMs: number | null;
}

export interface EngineView {
  /** ms since 1970 */
  readonly at: number;
  readonly host: HostView;
  readonly ready: ReadyView;
  readonly upstreams: readonly UpstreamView[];
  readonly segments: readonly SegmentView[];
  readonly rates: { readonly ticksPerSecond: number; readonly deliveriesPerSecond: number };
  readonly hops: Readonly<Record<HopName, HopView | null>>;
  readonly clockOffset: ClockOffsetView | null;
  /** Ticks since the start, by the labels of `tickwire_lost_total{where}`. */
  readonly lost: Readonly<Record<string, number>>;
  readonly clients: { readonly total: number; readonly slow: number; readonly backlogBytes: number };
  readonly threads: readonly ThreadView[];
  readonly topInstruments: readonly InstrumentView[];
}

/** A client as the operator sees it. */
export interface ClientView extends Omit<ClientRow, 'connection'> {
  /** `<reader>-<connection>`, or `<reader>.<restarts>-<connection>`: never that of another one, before or later. */
  readonly id: string;
  /** As `tickwire keys list` has it; null until the client has authenticated. */
  readonly keyId: string | null;
}

/** A second of the past, for charts. */
export interface HistoryPoint {
  readonly at: number;
  readonly ticksPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** Of `receive_to_send`, in ms; null where it was not measured. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** What the operator's listener serves to programs. */
export type FigurePath = '/metrics' | '/healthz' | '/readyz';

export interface FigurePage {
  /** Of the HTTP answer. */
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What is measured elsewhere and shown in the view. The main thread asks once a second, and for a page when somebody else does. */
export interface EngineFigures
  extends Readonly<{
    [K in 'ready' | 'rates' | 'hops' | 'clockOffset' | 'lost' | 'clients' | 'threads']: () => EngineView[K];
  }> {
  /** By `segmentName`. */
  delays(): ReadonlyMap<string, NonNullable<SegmentView['delayMs']>>;
  page(path: FigurePath): Promise<FigurePage>;
}
