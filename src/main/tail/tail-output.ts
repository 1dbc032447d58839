/** What `tickwire tail` shows, and how. */
import type { FeedStatus, Gap, StaleReason, StateChange, Tick } from '../../client/index.ts';
import { printable } from './format-values.ts';

export interface TailTrouble {
  /** Null where it concerns all. */
  readonly instrument: string | null;
  /** As PROTOCOL.md lists them. */
  readonly code: string;
  readonly message: string;
  /** Nothing more comes of the instrument. */
  readonly isEnd: boolean;
}

/** Everything that comes of a subscription or its connection. Each tick, gap and change is shown, or counted where a screen shows the latest. */
export interface TailOutput {
  tick(instrument: string, tick: Tick): void;
  gap(instrument: string, gap: Gap): void;
  status(instrument: string, status: FeedStatus): void;
  stale(instrument: string, reason: StaleReason | null): void;
  /** Something is wrong that is tried again, or that concerns one instrument of several. */
  trouble(trouble: TailTrouble): void;
  connection(change: StateChange): void;
  /** Gives the terminal back, with what stood there last. Safe in every state. */
  close(): void;
}

/** Why the connection is down, for people. */
export function describeConnection({ state, ended, retryMs }: StateChange, url: string): string {
  if (state === 'open') return `connected to ${url}`;
  if (ended === null) return `connecting to ${url}`;
  const reason = ended.reason === '' ? `code ${ended.code}` : printable(ended.reason);
  const next = retryMs === null ? '' : `; next attempt in ${(retryMs / 1000).toFixed(1)} s`;
  return `no connection to ${url}: ${reason}${next}`;
}

export function describeTrouble({ instrument, code, message }: TailTrouble): string {
  return printable(`${instrument === null ? '' : `${instrument}: `}${code}: ${message}`);
}
