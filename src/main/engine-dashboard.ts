/** What an engine shows on its dashboard, wired. */

import type { ProxyTask } from '../workers/reader-tasks.ts';
import { chooseOperatorTls } from './config/operator-listener-config.ts';
import type { Config } from './config-options.ts';
import { makeOperatorKey } from './dashboard/made-key.ts';
import { OperatorListener } from './dashboard/operator-listener.ts';
import type { WatchPage } from './dashboard/operator-messages.ts';
import { connectionViews } from './dashboard/upstream-views.ts';
import type { EngineOptions } from './engine-options.ts';
import type { EngineUpstreams } from './engine-upstreams.ts';
import type { EngineMetrics } from './metrics/engine-metrics.ts';
import type { HostView } from './ops/engine-view.ts';
import type { ReaderWorkers } from './reader-workers.ts';
import type { SubscriptionRegistry } from './subscriptions/subscription-registry.ts';

export interface DashboardParts {
  /** Which knows the version. */
  readonly metrics: EngineMetrics;
  readonly demoKey: string | null;
  readonly upstreams: EngineUpstreams;
  readonly readers: ReaderWorkers;
  readonly registry: SubscriptionRegistry;
  readonly lastValues: SharedArrayBuffer;
  /** Through whose session a slot's instrument comes. */
  readonly accountOf: (slot: number) => string;
  /** Where clients connect, once it is known. */
  readonly clientUrl: () => string | null;
}

/**
 * @returns null where none is wanted
 * @throws TickwireError CONFIG_INVALID for an address that other hosts reach without a certificate
 */
export function createEngineDashboard(
  {
    config,
    cwd,
    log,
    logTail,
    standIn,
    madeKey = makeOperatorKey(),
    servesClients = true,
    onFatal,
  }: EngineOptions,
  parts: DashboardParts,
): OperatorListener | null {
  const { opsPort } = config;
  if (opsPort === null) return null;
  const { metrics, demoKey, upstreams, readers, registry, lastValues, accountOf, clientUrl } = parts;
  // With a real broker the demo key is still on the clients' page, which every user of this host may read.
  const isDemo = config.broker === 'simulated' || standIn !== undefined;
  const host = hostView(config, servesClients ? 'engine' : 'feed', metrics.version);
  return new OperatorListener(
    {
      config,
      log,
      logTail: logTail ?? null,
      tls: chooseOperatorTls(config, cwd),
      demoKey: isDemo ? demoKey : null,
      madeKey,
      clients: readers.clients,
      onFatal,
      view: {
        host: () => ({ ...host, clientUrl: clientUrl() }),
        figures: metrics,
        upstreams: () => connectionViews(upstreams.accounts.all()),
        source: { lastValues, instruments: () => registry.instruments(), accountOf },
      },
    },
    opsPort,
  );
}

function hostView({ broker, busEndpoint }: Config, role: HostView['role'], version: string): HostView {
  const startedAt = Math.round(performance.timeOrigin);
  return { role, version, pid: process.pid, startedAt, broker, clientUrl: null, busEndpoint };
}

/** What the watch list begins with, out of what the clients' page is told. */
export function watchPage({ watch, demoKey, simulated, replayed }: ProxyTask['page']): WatchPage {
  return { watch, demoKey, simulated, replayed };
}
