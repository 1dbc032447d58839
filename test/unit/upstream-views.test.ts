/** Where ticks come from, as an operator sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionViews, linkViews } from '../../src/main/dashboard/upstream-views.ts';
import { ThreadRecord } from '../../src/main/metrics/thread-record.ts';
import { LINK_RECONNECTS } from '../../src/workers/bus-source/group-link.ts';

test('reconnects of a connection are not forgotten when its worker is started again', () => {
  const record = new ThreadRecord('feed 0');
  const feed = { feed: 0, state: 'live', since: 0, detail: '', instruments: 1, restarts: 1, record } as const;
  const account = { name: 'demo', broker: { name: 'angel' }, pool: { feeds: [feed] } };
  const reconnects = () => connectionViews([account])[0]?.reconnects;
  assert.equal(reconnects(), 0);
  record.noteCounters({ reconnects: 3 });
  record.renew();
  assert.equal(reconnects(), 3);
  record.noteCounters({ reconnects: 1 });
  assert.equal(reconnects(), 4);
});

test('a feed host shows how often its link broke for the worker that lost it most often', () => {
  const proxies = [1, 2].map((reconnects, i) => {
    const record = new ThreadRecord(`proxy ${i}`);
    record.noteCounters({ [`${LINK_RECONNECTS}tcp://a:5556`]: reconnects });
    return record;
  });
  const links = ['tcp://a:5556', 'tcp://b:5556'].map(
    (endpoint) => ({ endpoint, state: 'up', since: 0 }) as const,
  );
  assert.deepEqual(
    linkViews(links, proxies).map(({ reconnects }) => reconnects),
    [2, 0],
  );
});
