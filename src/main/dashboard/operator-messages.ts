/** What main and the thread of the operator's listener tell each other, and what the dashboard and that thread do. */
import type { TlsFiles } from '../../workers/reload-messages.ts';
import type { InstrumentName } from '../../workers/worker-messages.ts';
import type { ClientView, FigurePage, FigurePath, HistoryPoint } from '../ops/engine-view.ts';
import type { LogLine } from '../ops/log-tail.ts';
import type { KeyDigests } from './key-check.ts';

/** What the watch list of the dashboard begins with: what the clients' page is told. */
export interface WatchPage {
  readonly watch: readonly InstrumentName[];
  readonly demoKey: string | null;
  readonly simulated: boolean;
  readonly replayed: boolean;
}

export interface OperatorTask {
  readonly host: string;
  /** The first that is tried. */
  readonly port: number;
  /** So many behind it are tried when it is taken. */
  readonly morePorts: number;
  /** Null for plain HTTP. */
  readonly tls: TlsFiles | null;
  readonly keys: KeyDigests;
  readonly history: readonly HistoryPoint[];
  readonly clientUrl: string | null;
  readonly page: WatchPage | null;
}

/** A request of the dashboard, checked. */
export type LiveRequest =
  | { readonly do: 'clients'; readonly limit: number }
  | { readonly do: 'subscriptions'; readonly id: string }
  | { readonly do: 'disconnect'; readonly id: string }
  | { readonly do: 'config' }
  | { readonly do: 'log'; readonly last: number };

export type ToOperator =
  /** What charts need of the last second. */
  | { readonly type: 'point'; readonly point: HistoryPoint }
  /** The text of an `EngineView`. */
  | { readonly type: 'view'; readonly view: string }
  /** Where clients connect, and what the watch list begins with. */
  | { readonly type: 'place'; readonly clientUrl: string | null; readonly page: WatchPage | null }
  | { readonly type: 'keys'; readonly keys: KeyDigests }
  /** Another certificate for those who come from now on. */
  | { readonly type: 'tls'; readonly tls: TlsFiles }
  | { readonly type: 'figures'; readonly id: number; readonly page: FigurePage }
  /** For one connection: an answer, as the dashboard reads it. */
  | { readonly type: 'answer'; readonly connection: number; readonly text: string }
  | { readonly type: 'clients'; readonly clients: readonly ClientView[]; readonly total: number }
  /** The answer to `log`. */
  | { readonly type: 'logSoFar'; readonly connection: number; readonly lines: readonly LogLine[] }
  | { readonly type: 'logLines'; readonly lines: readonly LogLine[] };

export type FromOperator =
  | { readonly type: 'figures'; readonly id: number; readonly path: FigurePath }
  | { readonly type: 'request'; readonly connection: number; readonly request: LiveRequest }
  /** Who looks: connections, the longest list of clients that any wants (0: none), and whether any follows the log. */
  | {
      readonly type: 'watching';
      readonly connections: number;
      readonly clients: number;
      readonly log: boolean;
    }
  /** Somebody presented a wrong key. For the log. */
  | { readonly type: 'wrongKey'; readonly address: string }
  /** There are as many sockets as may be, and others find no place; told once a minute. For the log. */
  | { readonly type: 'socketsRefused' }
  /** A socket was given up since what it sent was not dealt with. For the log. */
  | { readonly type: 'socketFailed'; readonly address: string; readonly detail: string };
