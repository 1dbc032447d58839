/** What a connection tells its pool. Main thread. */
import type { RequestRefused } from '../../workers/worker-messages.ts';
import type { FeedRunner } from './feed-runner.ts';

export interface FeedEvents {
  onState(feed: FeedRunner): void;
  /** First ticks of slots have come that another connection's worker publishes. */
  onCarries(feed: FeedRunner, slots: readonly number[]): void;
  /** A worker that was asked for slots publishes them no more. */
  onHandedOver(feed: FeedRunner, slots: readonly number[]): void;
  /** Its worker has ended; another one may follow. */
  onGone(feed: FeedRunner): void;
  /** The broker carries something not that was asked for. */
  onRefused(feed: FeedRunner, refused: RequestRefused): void;
  /** Ticks of these slots do not come, whatever was done on this connection. */
  onMute(feed: FeedRunner, slots: readonly number[]): void;
}
