/** What the simulated exchange can be told, and what it does when it is told nothing. */
import type { ExchangeCredentials, ExchangeWire, InstrumentKind } from '../../codec/exchange-wire.ts';
import { TickwireError } from '../errors.ts';
import { exchangeWireOf } from './exchange-wires.ts';
import { isTrafficProfileName, TRAFFIC_PROFILES, type TrafficProfileName } from './traffic-profiles.ts';

/** The credentials that the simulated exchange accepts unless it is given others. They open nothing else. */
export const DEMO_CREDENTIALS: ExchangeCredentials = Object.freeze({
  authToken: 'demo-jwt-token',
  feedToken: 'demo-feed-token',
  apiKey: 'demo-api-key',
  clientCode: 'DEMO0001',
});

/** An instrument with a price that people expect. */
export interface KnownInstrument {
  readonly exchangeType: number;
  readonly token: string;
  /** The previous close in price units of the wire: as a rule 1/100, for currencies less. */
  readonly referencePrice: number;
  readonly kind: InstrumentKind;
}

/** All of it is structured-cloneable but for `clock`. */
export interface SimulatedExchangeOptions {
  /** Makes prices, books and the order of ticks reproducible. Default 1. */
  readonly seed?: number;
  /** Whose wire it speaks: the name of a broker's row. Default `angel`. */
  readonly broker?: string;
  readonly profile?: TrafficProfileName;
  /**
   * Price steps of subscribed tokens per second, all connections together, in place of the profile's rate per token; the
   * profile still shapes the second. Each step sends one frame per subscription of its token. 0: only `step()` sends.
   */
  readonly ticksPerSecond?: number;
  readonly instruments?: readonly KnownInstrument[];
  readonly credentials?: ExchangeCredentials;
  /** false lets everybody in. Default true. */
  readonly checkCredentials?: boolean;
  /** Concurrent connections of an account. Default: the broker's. */
  readonly maxConnections?: number;
  /** Subscriptions of a connection. Default: the broker's. */
  readonly maxSubscriptions?: number;
  /** A connection without a heartbeat for so long is cut. Default: the broker's; infinite for one that asks for none. */
  readonly heartbeatTimeoutMs?: number;
  /** Time between the heartbeats of a broker that sends any by itself. Default: the broker's. */
  readonly heartbeatIntervalMs?: number;
  /** Every Nth frame is sent twice, byte for byte; 0 never. Default 0, in a storm 1000. */
  readonly duplicateEvery?: number;
  /** Every Nth frame of a subscription comes after the one that follows it; 0 never. Default 0. */
  readonly reorderEvery?: number;
  /** After every Nth frame follows a truncated one or one of an unknown mode; 0 never. Default 0, in a storm 100 000. */
  readonly garbageEvery?: number;
  /** A connection that leaves so many bytes unread gets no ticks until it reads again. Default 16 MiB. */
  readonly maxBacklogBytes?: number;
  /** Listens with TLS, on `wss://`. */
  readonly tls?: TlsIdentity;
  /** Epoch milliseconds, with fractions; must not go back. */
  readonly clock?: () => number;
}

/** A private key and its certificate, PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

/** The options with every default filled in. */
export interface SimulatorSettings {
  readonly wire: ExchangeWire;
  readonly seed: number;
  readonly profile: TrafficProfileName;
  readonly ticksPerSecond: number | null;
  readonly instruments: readonly KnownInstrument[];
  readonly credentials: ExchangeCredentials;
  readonly checkCredentials: boolean;
  readonly maxConnections: number;
  readonly maxSubscriptions: number;
  readonly heartbeatTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly duplicateEvery: number;
  readonly reorderEvery: number;
  readonly garbageEvery: number;
  readonly maxBacklogBytes: number;
  readonly tls: TlsIdentity | null;
  readonly clock: () => number;
}

/** Monotonic, with microseconds: `Date.now()` jumps when the machine's clock is set. */
function monotonicEpochMs(): number {
  return performance.timeOrigin + performance.now();
}

function refuseNegative(name: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new TickwireError('CONFIG_INVALID', `${name} is ${value}; give a number that is not negative.`);
}

/**
 * Fills in the defaults.
 * @throws TickwireError `CONFIG_INVALID` for an unknown broker or profile, or a rate, limit or time that is negative or no number.
 */
export function resolveSimulatorOptions(options: SimulatedExchangeOptions): SimulatorSettings {
  const profile: string = options.profile ?? 'calm';
  if (!isTrafficProfileName(profile)) {
    const names = Object.keys(TRAFFIC_PROFILES).join(', ');
    throw new TickwireError('CONFIG_INVALID', `profile is '${profile}'; give one of ${names}.`);
  }
  const storm = profile === 'storm';
  const wire = exchangeWireOf(options.broker ?? 'angel');
  const settings: SimulatorSettings = {
    wire,
    seed: options.seed ?? 1,
    profile,
    ticksPerSecond: options.ticksPerSecond ?? null,
    instruments: options.instruments ?? [],
    credentials: options.credentials ?? DEMO_CREDENTIALS,
    checkCredentials: options.checkCredentials ?? true,
    maxConnections: options.maxConnections ?? wire.limits.connections,
    maxSubscriptions: options.maxSubscriptions ?? wire.limits.subscriptions,
    heartbeatTimeoutMs: options.heartbeatTimeoutMs ?? wire.clientTimeoutMs ?? Number.MAX_SAFE_INTEGER,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? wire.heartbeat?.intervalMs ?? 0,
    duplicateEvery: options.duplicateEvery ?? (storm ? 1000 : 0),
    reorderEvery: options.reorderEvery ?? 0,
    garbageEvery: options.garbageEvery ?? (storm ? 100_000 : 0),
    maxBacklogBytes: options.maxBacklogBytes ?? 16 * 1024 * 1024,
    tls: options.tls ?? null,
    clock: options.clock ?? monotonicEpochMs,
  };
  refuseNegative('seed', settings.seed);
  refuseNegative('ticksPerSecond', settings.ticksPerSecond ?? 0);
  refuseNegative('maxConnections', settings.maxConnections);
  refuseNegative('maxSubscriptions', settings.maxSubscriptions);
  refuseNegative('heartbeatTimeoutMs', settings.heartbeatTimeoutMs);
  refuseNegative('heartbeatIntervalMs', settings.heartbeatIntervalMs);
  refuseNegative('duplicateEvery', settings.duplicateEvery);
  refuseNegative('reorderEvery', settings.reorderEvery);
  refuseNegative('garbageEvery', settings.garbageEvery);
  refuseNegative('maxBacklogBytes', settings.maxBacklogBytes);
  return settings;
}
