/** Whether a host serves fresh ticks: a supervisor, a load balancer and a trader go by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ReadinessFacts, reasonsNotReady } from '../../src/main/metrics/readiness.ts';

const WELL: ReadinessFacts = {
  phase: 'running',
  threads: [{ name: 'proxy 0', isRunning: true, isHeard: true }],
  upstreams: [{ feed: 0, broker: 'angel', state: 'live', detail: 'connected' }],
  unservedUsers: 0,
  exchanges: [
    { feed: 0, exchange: 'NSE', status: 'live', reason: 'ticks' },
    { feed: 0, exchange: 'MCX', status: 'market_closed', reason: 'closed' },
  ],
  links: null,
};

function told(facts: Partial<ReadinessFacts>): string[] {
  return reasonsNotReady({ ...WELL, ...facts }).map(({ code, text }) => `${code}: ${text}`);
}

const upstream = (state: ReadinessFacts['upstreams'][number]['state'], detail: string) => [
  ...WELL.upstreams,
  { feed: 1, broker: 'zerodha', state, detail },
];

test('a host is ready while everything that ticks come through is well, also when a market is closed', () => {
  assert.deepEqual(told({}), []);
  assert.deepEqual(told({ upstreams: upstream('stopped', 'nobody holds anything') }), []);
  assert.deepEqual(told({ links: { all: 4, up: 1 } }), [], 'a standby host is enough');
});

test('each thing that keeps fresh ticks away is named, and all of them at once', () => {
  assert.deepEqual(told({ phase: 'starting', threads: [] }), ['STARTING: the start has not ended']);
  assert.match(told({ phase: 'draining' }).join(), /^DRAINING: /);
  const threads = [
    { name: 'bus', isRunning: false, isHeard: false },
    { name: 'proxy 0', isRunning: true, isHeard: false },
  ];
  assert.deepEqual(told({ threads }), [
    'WORKER_DOWN: the bus worker is not running',
    'WORKER_SILENT: the proxy 0 worker has said nothing for seconds',
  ]);
  const refused = 'handshake answered HTTP 401';
  assert.deepEqual(told({ upstreams: upstream('refused', refused), links: { all: 2, up: 0 } }), [
    `BROKER_SESSION_EXPIRED: connection 1 to zerodha is refused: ${refused}`,
    'FEED_HOST_AWAY: none of the feed hosts is reached',
  ]);
  for (const state of ['connecting', 'reconnecting'] as const) {
    assert.match(
      told({ upstreams: upstream(state, 'reset') }).join(),
      /^UPSTREAM_DOWN: connection 1 to zerodha/,
    );
  }
});

test('whoever trades is told before the market opens that nobody has logged in to the broker', () => {
  const nobody = { upstreams: [], exchanges: [] };
  assert.match(
    told({ ...nobody, unservedUsers: 1 }).join(),
    /^BROKER_SESSION_EXPIRED: a user with a good key has no broker session: log in to the broker/,
  );
  assert.match(told({ ...nobody, unservedUsers: 3 }).join(), /: 3 users with good keys have no /);
  assert.deepEqual(told(nobody), [], 'nobody has come yet');
});

test('a connection that is up while an exchange sends nothing is not taken for a feed', () => {
  const exchanges = [{ feed: 0, exchange: 'NSE', status: 'mute' as const, reason: 'no tick for 30 s' }];
  assert.deepEqual(told({ exchanges }), [
    'EXCHANGE_MUTE: no ticks of NSE come on connection 0: no tick for 30 s',
  ]);
});
