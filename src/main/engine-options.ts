/** What an engine is made with, and what it says when it runs. */
import type { Logger } from 'pino';
import type { StandIn } from './brokers/stand-in.ts';
import type { Config } from './config-options.ts';
import type { DashboardAddress } from './dashboard/operator-listener.ts';
import type { LogTail } from './ops/log-tail.ts';

export interface EngineOptions {
  readonly config: Config;
  /** Where relative paths start, and where the embedded database lies. */
  readonly cwd: string;
  readonly log: Logger;
  /** The last lines of the log, for the dashboard. */
  readonly logTail?: LogTail;
  /** The process cannot go on: a wedged worker, or a worker that cannot be started again. */
  readonly onFatal: (code: string, message: string) => void;
  /** A recording that has its header: everything that brokers send goes there, and not into the black box. */
  readonly recordTo?: string;
  /** Takes the place of the brokers. */
  readonly standIn?: StandIn;
  /** The dashboard's admin key where none is configured. Left out: one that lives as long as the engine. */
  readonly madeKey?: string;
  /** False for a feed host: the proxies are elsewhere. True if it is left out. */
  readonly servesClients?: boolean;
}

export interface StartedEngine {
  /** Address of the page and of the WebSocket, with the port that was really bound; null on a feed host. */
  readonly url: string | null;
  readonly demoKey: string | null;
  /** Null where there is none. */
  readonly dashboard: DashboardAddress | null;
  readonly busEndpoint: string;
  /** Where OpenAlgo's publishers connect, null when its bus is not bound. */
  readonly openalgoBusEndpoint: string | null;
}
