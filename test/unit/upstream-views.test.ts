/** Where ticks come from, as an operator sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionViews } from '../../src/main/dashboard/upstream-views.ts';
import { ThreadRecord } from '../../src/main/metrics/thread-record.ts';

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
