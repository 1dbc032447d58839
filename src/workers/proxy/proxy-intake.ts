/**
 * Where a proxy worker's ticks, answers and news come from: the rings and the main thread of this process, or feed hosts
 * on the bus. Everything else in this folder is the same for both.
 */

import type { KeyStanding } from '../entitlement-messages.ts';
import type { FlushOptions } from '../flush-delay.ts';
import type { ProxyTask } from '../reader-tasks.ts';
import type { TickSource } from '../tick-source.ts';
import type {
  AccountStatus,
  FeedStatusNews,
  InstrumentMove,
  RequestRefused,
  ToReader,
} from '../worker-messages.ts';
import type { Capabilities } from './capabilities.ts';
import type { ControlPlane } from './control-plane.ts';

/** What comes unasked. */
export interface IntakeEvents {
  /** A broker session is as `status` says: before every good answer about a key of its owner, and at each change. */
  onAccount(owner: string, status: AccountStatus): void;
  /** Keys stand otherwise than was said of them before. */
  onKeyStandings(standings: readonly KeyStanding[]): void;
  onFeedStatus(news: FeedStatusNews): void;
  onRequestRefused(refused: RequestRefused): void;
  /** @param text a JSON object */
  onOrderUpdate(owner: string, text: string): void;
  /** What is held moves to other slots; `need` is to be told of all slots that are named. */
  onMoved(moves: readonly InstrumentMove[]): void;
  /** A user has another broker: what its clients hold is to be asked for anew. (Over rings it is moved.) */
  onBrokerChanged(owner: string, broker: string): void;
  /** Nobody holds the slot's instrument any more: it may be another one's from now on. */
  onSlotFreed(slot: number): void;
}

/** What clients are offered by whoever feeds them. */
export interface FeedOffers {
  supportedBrokers(): readonly string[];
  /** @param account of an identity; empty for one without a broker session */
  capabilities(account: string): Capabilities;
  /** What the page at `/` is told. */
  page(): Omit<ProxyTask['page'], 'html'>;
}

/** What lets the ticks flow: calls `drain` whenever there may be some, and lets the event loop turn in between. */
export interface Pump {
  start(): void;
  /** `drain` is not called any more from this call on. */
  stop(): Promise<void>;
}

export interface PumpOptions {
  /** Drains one bounded portion. @returns ticks drained; 0 when there was nothing */
  readonly drain: () => number;
  /** Lets the first tick wait for others. Without it none waits. */
  readonly flush?: FlushOptions;
  /** Told once when `drain` throws; the pump has stopped then. */
  readonly onError: (error: unknown) => void;
}

export interface ProxyIntake {
  readonly source: TickSource;
  readonly control: ControlPlane;
  readonly offers: FeedOffers;
  createPump(options: PumpOptions): Pump;
  /** A message of the main thread. @returns false for one that it does not know */
  handle(message: ToReader): boolean;
  /** Also the moment to follow a wall clock that was set: asked for about once a second. */
  counters(): Record<string, number>;
  /** Frees native handles. The pump is stopped before. */
  close(): Promise<void>;
}
