import type { Account } from '../brokers/account.ts';
import type { MeasuredUpstream } from './engine-metrics.ts';

/** The connections of all accounts, as they stand. */
export function measuredUpstreams(accounts: Iterable<Account>): MeasuredUpstream[] {
  return [...accounts].flatMap(({ name, pool }) =>
    pool.feeds.map((runner) => {
      const { feed, broker, state, detail, instruments, record, isRunning, restarts } = runner;
      return { feed, broker, account: name, state, detail, instruments, record, isRunning, restarts };
    }),
  );
}
