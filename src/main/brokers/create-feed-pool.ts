/** Puts the connections of an account together: each is a feed worker with a ring of its own. Main thread. */
import type { Logger } from 'pino';
import type { Piscina } from 'piscina';
import { SlotOwners } from '../../workers/ring/slot-owners.ts';
import type {
  FeedCredentials,
  FeedState,
  FeedTask,
  RequestRefused,
  RingHandle,
} from '../../workers/worker-messages.ts';
import type { Config } from '../config-options.ts';
import { workerScript } from '../worker-script.ts';
import { feedOptions, feedQuota, feedWatch } from '../worker-tasks.ts';
import type { BrokerRow } from './broker-registry.ts';
import type { FeedEvents } from './feed-events.ts';
import { FeedPool } from './feed-pool.ts';
import { FeedRunner } from './feed-runner.ts';
import type { FeedStatus } from './feed-status.ts';

/** What the pools of all accounts have in common. */
export interface FeedPoolParts {
  readonly config: Config;
  readonly log: Logger;
  /** Where feed workers run. */
  readonly threads: Piscina;
  readonly statuses: FeedStatus;
  readonly memory: Pick<FeedTask, 'lastValues' | 'doorbells' | 'slotOwners'>;
  readonly recorder: FeedTask['recorder'];
  /** What stands in for the brokers plays a recording. */
  readonly isReplay: boolean;
  /** A new ring that every reader knows of. */
  readonly addRing: () => RingHandle;
  /** Rises with every call. */
  readonly nextEpoch: () => number;
  /** A watchdog asks for the broker session to be read anew. */
  readonly onTokensWanted: () => void;
  /** No connection carries what the broker refused. */
  readonly onRefused: (refused: RequestRefused) => void;
  /** An account has room for what it had no room for. */
  readonly onRoom: () => void;
}

/** The connections of one account. */
export interface AccountFeed {
  readonly broker: BrokerRow;
  readonly url: string;
  /** Asked for each new connection, since the tokens change. */
  readonly credentials: () => FeedCredentials;
  readonly onState: (state: FeedState, detail: string) => void;
}

export function createFeedPool(parts: FeedPoolParts, account: AccountFeed): FeedPool {
  const { config, log, memory, onRefused, onRoom } = parts;
  return new FeedPool({
    ...feedQuota(config, account.broker),
    owners: new SlotOwners(memory.slotOwners),
    moveAfterMs: config.feedMoveAfterMs,
    log,
    create: (events) => startFeed(parts, account, events),
    onRefused,
    onRoom,
  });
}

function startFeed(parts: FeedPoolParts, account: AccountFeed, events: FeedEvents): FeedRunner {
  const { config, log, threads, statuses, memory, recorder, nextEpoch, onTokensWanted } = parts;
  const { broker, url, credentials, onState } = account;
  const { feed, ring } = parts.addRing();
  const runner = new FeedRunner({
    pool: threads,
    log,
    nextEpoch,
    ...statuses.follow(feed, broker.name, { onState, onTokensWanted }),
    events,
    task: {
      feed,
      broker: broker.name,
      module: workerScript(broker.feedModule).href,
      url,
      credentials: credentials(),
      ring,
      ...memory,
      options: feedOptions(config, broker),
      recorder,
      ...(parts.isReplay && { isReplay: true }),
      watch: feedWatch(config, statuses.calendar),
    },
  });
  runner.start();
  return runner;
}
