/** What a pool of connections works with. */
import type { Logger } from 'pino';
import type { SlotOwners } from '../../workers/ring/slot-owners.ts';
import type { RequestRefused } from '../../workers/worker-messages.ts';
import type { FeedQuota } from './broker-registry.ts';
import type { FeedEvents } from './feed-events.ts';
import type { FeedRunner } from './feed-runner.ts';
import type { QuotaNames } from './quota-refusal.ts';

export interface FeedPoolOptions {
  readonly quota: FeedQuota;
  /** Whose limits they are, for messages to people. */
  readonly names: QuotaNames;
  readonly owners: SlotOwners;
  /** A connection that is not live for so long is left by its tokens while another one is live. */
  readonly moveAfterMs: number;
  readonly log: Logger;
  /** Makes and starts the worker of one more connection. */
  readonly create: (events: FeedEvents) => FeedRunner;
  /** No connection can carry what the broker refused. */
  readonly onRefused: (refused: RequestRefused) => void;
  /** There is room again after a claim was refused. */
  readonly onRoom: () => void;
}
