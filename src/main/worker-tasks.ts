/** What the configuration means to each kind of worker, and what its failed start means to whoever set it up. */
import { resolve } from 'node:path';
import type { ClientLimits } from '../workers/admission-messages.ts';
import { controlEndpointOf } from '../workers/bus/bus-address.ts';
import type {
  BusSourceTask,
  BusTask,
  CapabilityRow,
  CurveServer,
  ProxyTask,
  RingSourceTask,
} from '../workers/reader-tasks.ts';
import type { ProxyReload } from '../workers/reload-messages.ts';
import type {
  AccountStatus,
  FeedOptions,
  FeedWatchTask,
  RecorderTask,
  SharedMemory,
} from '../workers/worker-messages.ts';
import type { BrokerRow, FeedQuota } from './brokers/broker-registry.ts';
import { capabilityRows } from './brokers/capability-registry.ts';
import type { QuotaNames } from './brokers/quota-refusal.ts';
import { connectableEndpoint } from './config/bus-endpoint.ts';
import { chooseCurveClient, ownCurveClient } from './config/curve-setup.ts';
import { ageMsByMode, bytesByMode } from './config/slow-options.ts';
import type { Config } from './config-options.ts';
import { TickwireError } from './errors.ts';
import { findPortHolder } from './ops/port-holder.ts';
import type { WorkerFailure } from './supervision.ts';

/** What a broker allows, within the bounds that the configuration sets. */
export function feedQuota(
  config: Config,
  { quota, title }: BrokerRow,
): { readonly quota: FeedQuota; readonly names: QuotaNames } {
  const { maxWebsocketConnections, maxSymbolsPerWebsocket } = config;
  const maxConnections = Math.min(quota.maxConnections, maxWebsocketConnections ?? quota.maxConnections);
  const maxPairs = Math.min(quota.maxPairs, maxSymbolsPerWebsocket ?? quota.maxPairs);
  const theirs = `${title}'s limit`;
  return {
    quota: { maxConnections, maxPairs, maxDeepPairs: quota.maxDeepPairs },
    names: {
      maxConnections: maxConnections < quota.maxConnections ? 'MAX_WEBSOCKET_CONNECTIONS' : theirs,
      maxPairs: maxPairs < quota.maxPairs ? 'MAX_SYMBOLS_PER_WEBSOCKET' : theirs,
      maxDeepPairs: theirs,
    },
  };
}

export function feedOptions(config: Config, { heartbeat, quota, replacesModes }: BrokerRow): FeedOptions {
  return {
    chunkTokens: config.subscribeChunk,
    maxPairs: replacesModes ? null : quota.maxPairs,
    pingIntervalMs:
      heartbeat.intervalMs === null ? null : (config.feedPingIntervalMs ?? heartbeat.intervalMs),
    deadAfterMs: config.feedDeadAfterMs ?? heartbeat.deadAfterMs,
    handshakeTimeoutMs: config.handshakeTimeoutMs,
    backoffInitialMs: config.reconnectInitialMs,
    backoffFactor: config.reconnectFactor,
    backoffMaxMs: config.reconnectMaxMs,
    backoffJitter: config.reconnectJitter,
    stableAfterMs: config.reconnectStableAfterMs,
    slotWaitMinMs: config.slotWaitMinMs,
    slotWaitMaxMs: config.slotWaitMaxMs,
  };
}

/** Null while the black box is off. @param cwd where its directory starts if that is relative */
export function blackBoxTask(config: Config, cwd: string): RecorderTask | null {
  const { blackBoxMinutes, blackBoxBytes, blackBoxDir } = config;
  if (blackBoxMinutes === 0) return null;
  return {
    path: resolve(cwd, blackBoxDir),
    bounds: { maxMs: blackBoxMinutes * 60_000, maxBytes: blackBoxBytes },
  };
}

export function feedWatch(config: Config, calendar: FeedWatchTask['calendar']): FeedWatchTask {
  return {
    options: {
      muteAfterMs: config.muteAfterMs,
      staleAfterMs: config.staleAfterMs,
      openGraceMs: config.openGraceMs,
      recoveryWaitMs: config.recoveryWaitMs,
      recoveryMaxWaitMs: config.recoveryMaxWaitMs,
    },
    calendar,
  };
}

/** What a bus worker is told of its engine. */
export interface FeedHost {
  readonly version: string;
  readonly page: ProxyTask['page'];
  readonly accounts: readonly AccountStatus[];
  /** As an earlier life of the worker counted them. */
  readonly takeovers: number;
  readonly curve: CurveServer | null;
}

/** @param reader the worker's place in the doorbell block */
export function busTask(config: Config, memory: SharedMemory, reader: number, host: FeedHost): BusTask {
  const { html: _, ...page } = host.page;
  return {
    memory,
    reader,
    endpoint: config.busEndpoint,
    waitStrategy: config.waitStrategy,
    spinUs: config.spinUs,
    sendHighWaterMark: config.busSendHwm,
    heartbeatMs: config.busHeartbeatMs,
    republishMs: config.busRepublishMs,
    lingerMs: config.busLingerMs,
    curve: host.curve,
    hello: {
      version: host.version,
      supportedBrokers: config.validBrokers,
      capabilities: capabilitiesOf(config),
      page,
    },
    accounts: host.accounts,
    takeovers: host.takeovers,
  };
}

/** @param reader the worker's place in the doorbell block */
export function ringSource(config: Config, memory: SharedMemory, reader: number): RingSourceTask {
  return { kind: 'ring', memory, reader, waitStrategy: config.waitStrategy, spinUs: config.spinUs };
}

/**
 * Feed hosts elsewhere.
 * @throws TickwireError CONFIG_INVALID for half a configuration of CURVE
 */
export function busSource(config: Config): BusSourceTask {
  return remoteSource(config, config.feeds, chooseCurveClient(config));
}

/** The bus of this very process. @param server how it proves itself */
export function ownBusSource(config: Config, server: CurveServer | null): BusSourceTask {
  return remoteSource(config, [[connectableEndpoint(config.busEndpoint)]], ownCurveClient(server));
}

function remoteSource(
  config: Config,
  feeds: BusSourceTask['feeds'],
  curve: BusSourceTask['curve'],
): BusSourceTask {
  return {
    kind: 'bus',
    feeds,
    receiveHighWaterMark: config.busReceiveHwm,
    heartbeatMs: config.busHeartbeatMs,
    controlTimeoutMs: config.controlTimeoutMs,
    curve,
  };
}

/** What clients are offered; on the bus until a feed host says its own. */
export type ProxyOffers = Pick<ProxyTask, 'supportedBrokers' | 'capabilities' | 'page'>;

/** What an engine offers to clients of its own. */
export function ownOffers(config: Config, page: ProxyTask['page']): ProxyOffers {
  return { supportedBrokers: config.validBrokers, capabilities: capabilitiesOf(config), page };
}

/** Where clients connect. */
export interface ProxyListener {
  /** The one that is really bound, or 0 while it may be chosen. */
  readonly port: number;
  readonly tls: ProxyTask['tls'];
}

/** What of a proxy worker's task a reload may change. */
export function proxyReload(config: Config, limits: ClientLimits, tls: ProxyTask['tls']): ProxyReload {
  return { limits, ...clientTimes(config), tls };
}

function clientTimes(config: Config): Pick<ProxyTask, 'authGraceMs' | 'slow'> {
  return {
    authGraceMs: config.wsAuthGraceMs,
    slow: {
      policy: config.slowPolicy,
      conflateBytes: bytesByMode(config.conflateBytes),
      conflateAgeMs: ageMsByMode(config.conflateAge),
      timeoutMs: config.slowTimeoutMs,
    },
  };
}

export function proxyTask(
  config: Config,
  source: ProxyTask['source'],
  listener: ProxyListener,
  offers: ProxyOffers,
): Omit<ProxyTask, 'admission'> {
  return {
    source,
    host: config.websocketHost,
    ...listener,
    isPortShared: config.proxyWorkers > 1,
    compression: config.compression,
    flushUs: config.flushUs,
    ...clientTimes(config),
    pingIntervalMs: config.wsPingIntervalMs,
    pingTimeoutMs: config.wsPingTimeoutMs,
    maxMessageBytes: config.maxMessageBytes,
    maxBackpressureBytes: config.maxBackpressureBytes,
    defaultDialect: config.dialect,
    designPingIntervalMs: config.designPingIntervalMs,
    designPingTimeoutMs: config.designPingTimeoutMs,
    ...offers,
  };
}

function capabilitiesOf(config: Config): readonly CapabilityRow[] {
  return capabilityRows({ angelDepth20: config.angelDepth20 || config.broker === 'simulated' });
}

/** Who is in the way, as a part of a sentence; '' where nobody is seen. */
function describeHolder(host: string, port: number): string {
  const holder = findPortHolder(host, port);
  return holder === null ? '' : `: ${holder}`;
}

function describeBusHolder(endpoint: string): string {
  const [, host = '', port] = /^tcp:\/\/(.+):(\d+)$/.exec(endpoint) ?? [];
  return port === undefined ? '' : describeHolder(host, Number(port));
}

/** What to write into the configuration for another address, with room for its control socket. */
function otherEndpoint(endpoint: string): string {
  const [, host, port] = /^(tcp:\/\/.+:)(\d+)$/.exec(endpoint) ?? [];
  if (host === undefined) return 'another TICKWIRE_BUS_ENDPOINT';
  const step = Number(port) < 65_000 ? 10 : -10;
  return `TICKWIRE_BUS_ENDPOINT=${host}${Number(port) + step}`;
}

/** Why a worker did not start, in words of the configuration. */
export function startFailure(failure: WorkerFailure, config: Config): TickwireError {
  if (failure.code === 'BUS_ENDPOINT_IN_USE' || failure.code === 'CONTROL_ENDPOINT_IN_USE') {
    const { busEndpoint } = config;
    const isControl = failure.code === 'CONTROL_ENDPOINT_IN_USE';
    const which = isControl ? `whose control socket ${controlEndpointOf(busEndpoint)}` : 'which';
    const holder = describeBusHolder(isControl ? controlEndpointOf(busEndpoint) : busEndpoint);
    const advice =
      'If that is an engine of yours, tickwire dashboard prints its link and tickwire drain ends it. Beside it, or beside ' +
      `another program, start with a free address, say ${otherEndpoint(busEndpoint)}`;
    const message = `TICKWIRE_BUS_ENDPOINT is ${busEndpoint}, ${which} cannot be bound${holder}. ${advice}`;
    return new TickwireError('PORT_IN_USE', message, { cause: failure });
  }
  if (failure.code === 'PORT_IN_USE') {
    const { websocketHost, websocketPort } = config;
    const address = `${websocketHost}:${websocketPort}`;
    const holder = describeHolder(websocketHost, websocketPort);
    const message = `WEBSOCKET_HOST:WEBSOCKET_PORT is ${address}, which cannot be bound${holder}. Choose another.`;
    return new TickwireError('PORT_IN_USE', message, { cause: failure });
  }
  return new TickwireError('WORKER_FAILED', failure.message, { cause: failure });
}
