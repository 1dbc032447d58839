/** What an engine tells OpenAlgo's health page: how many users, clients and subscriptions it serves. */
import type { Accounts } from './brokers/accounts.ts';
import type { EngineOptions } from './engine-options.ts';
import { STATS_INTERVAL_MS, type Stats, StatsFile, statsPath } from './ops/stats-file.ts';
import type { SupervisedWorker } from './supervision.ts';

export interface EngineStatsParts {
  readonly proxies: () => readonly Pick<SupervisedWorker, 'counters'>[];
  /** Pairs of instrument and mode that proxies hold; null where only they know: what several hold counts for each then. */
  readonly heldKeys: (() => number) | null;
}

/** @returns null without an OpenAlgo installation, whose health page reads the file, and where none is wanted */
export function createStatsFile(
  { config, cwd, log }: EngineOptions,
  accounts: Accounts,
  parts: EngineStatsParts,
): StatsFile | null {
  const path = config.databaseUrl === null ? null : statsPath(config.wsProxyStatsFile, cwd);
  if (path === null) return null;
  const read = () => readStats(accounts, parts);
  return new StatsFile({ path, intervalMs: STATS_INTERVAL_MS, read, log });
}

function readStats(accounts: Accounts, { proxies, heldKeys }: EngineStatsParts): Stats {
  const served = [...accounts.all()].filter(({ isSuspended }) => !isSuspended);
  const ofProxies = (name: string) => proxies().reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0);
  return {
    connections: served.length,
    symbols: heldKeys?.() ?? ofProxies('keys'),
    clients: ofProxies('clients'),
    brokers: served.map(({ broker }) => broker.name),
  };
}
