/** What the dashboard answers to the operator's four questions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LossWatch } from '../../../dashboard/loss-watch.js';
import { judgeAlive, judgeLate, judgeLost, judgeSlow } from '../../../dashboard/verdicts.js';
import type { EngineView } from '../../../src/main/ops/engine-view.ts';

const AT = 1_787_371_200_000;
type Upstream = EngineView['upstreams'][number];
type Segment = EngineView['segments'][number];

const upstream: Upstream = {
  feed: 0,
  broker: 'angel',
  account: 'demo',
  state: 'live',
  since: AT,
  detail: 'connected',
  instruments: 8,
  ticksPerSecond: 40,
  restarts: 0,
  reconnects: 0,
};
const segment: Segment = {
  broker: 'angel',
  account: 'demo',
  exchange: 'NSE',
  lastTickAgeMs: 40,
  ticksPerSecond: 40,
  delayMs: { p50: 120, p99: 400 },
};
const hop = { p50: 0.1, p99: 0.4, p999: 1, max: 2, count: 40 };
const healthy: EngineView = {
  at: AT,
  host: {
    role: 'engine',
    version: '1.0.0',
    pid: 1,
    startedAt: AT - 60_000,
    broker: 'angel',
    clientUrl: 'ws://127.0.0.1:8765',
    busEndpoint: null,
  },
  ready: { ok: true, reasons: [] },
  upstreams: [upstream],
  segments: [segment],
  rates: { ticksPerSecond: 40, deliveriesPerSecond: 80 },
  hops: { receive_to_publish: hop, publish_to_send: hop, receive_to_send: hop },
  clockOffset: null,
  lost: { upstream_frames: 0, ring_to_clients: 0 },
  clients: { total: 3, slow: 0, backlogBytes: 0 },
  threads: [],
  topInstruments: [],
};
const view = (changes: Partial<EngineView>): EngineView => ({ ...healthy, ...changes });
const told = (verdict: { state: string; word: string }) => [verdict.state, verdict.word];

test('a trader sees at a glance whether the feed is alive, and what is wrong when it is not', () => {
  assert.deepEqual(judgeAlive(healthy), {
    state: 'good',
    word: 'Yes',
    detail: '1 of 1 connection live; last tick just now',
  });
  const lost: Upstream = { ...upstream, feed: 1, state: 'reconnecting', detail: 'read ECONNRESET' };
  const partly = judgeAlive(view({ upstreams: [upstream, lost] }));
  assert.deepEqual(told(partly), ['warn', 'Partly']);
  assert.match(partly.detail, /^1 of 2 connections live; connection 1: read ECONNRESET$/);
  const down = judgeAlive(view({ upstreams: [lost] }));
  assert.deepEqual(told(down), ['bad', 'No']);
  assert.match(down.detail, /read ECONNRESET/);
  const unready = judgeAlive(view({ ready: { ok: false, reasons: ['The session has expired.'] } }));
  assert.deepEqual([...told(unready), unready.detail], ['bad', 'No', 'The session has expired.']);
});

test('a feed without ticks is never called alive', () => {
  const rates = { ticksPerSecond: 0, deliveriesPerSecond: 0 };
  const silent = judgeAlive(view({ rates, segments: [{ ...segment, lastTickAgeMs: 65_000 }] }));
  assert.deepEqual(told(silent), ['warn', 'Silent']);
  assert.match(silent.detail, /no tick for 1 min 5 s/);
  const never = judgeAlive(view({ rates, segments: [{ ...segment, lastTickAgeMs: null }] }));
  assert.deepEqual(told(never), ['warn', 'Silent']);
  const idle = judgeAlive(view({ rates, segments: [], upstreams: [{ ...upstream, instruments: 0 }] }));
  assert.deepEqual(told(idle), ['good', 'Idle']);
  assert.deepEqual(told(judgeAlive(view({ rates, segments: [], upstreams: [] }))), ['good', 'Idle']);
});

test('a proxy host, which sees no segments, is judged by the ticks that come through it', () => {
  const proxy: EngineView = view({
    host: { ...healthy.host, role: 'proxy' },
    upstreams: [{ ...upstream, instruments: 0 }],
    segments: [],
  });
  assert.deepEqual(judgeAlive(proxy), {
    state: 'good',
    word: 'Yes',
    detail: '1 of 1 feed host live; ticks come',
  });
  const rates = { ticksPerSecond: 0, deliveriesPerSecond: 0 };
  assert.deepEqual(told(judgeAlive({ ...proxy, rates })), ['warn', 'Silent']);
  const empty = { total: 0, slow: 0, backlogBytes: 0 };
  assert.deepEqual(told(judgeAlive({ ...proxy, rates, clients: empty })), ['good', 'Idle']);
});

test('the one segment that is late is named, however punctual the others are', () => {
  assert.deepEqual(told(judgeLate(healthy)), ['good', 'On time']);
  const slow: Segment = { ...segment, exchange: 'BSE', delayMs: { p50: 2500, p99: 4000 } };
  const late = judgeLate(view({ segments: [segment, slow] }));
  assert.deepEqual(told(late), ['warn', 'Broker late']);
  assert.match(late.detail, /frame to socket 0\.4 ms \(p99\); broker 2\.5 s on BSE \(median\)/);
});

test('lateness of the engine itself is told apart from that of the broker', () => {
  const hops = { ...healthy.hops, receive_to_send: { ...hop, p99: 30 } };
  assert.deepEqual(told(judgeLate(view({ hops }))), ['warn', 'Late']);
  const worse = { ...healthy.hops, receive_to_send: { ...hop, p99: 60 } };
  assert.deepEqual(told(judgeLate(view({ hops: worse }))), ['bad', 'Late']);
});

test('a feed host, which has no clients, is judged by the way to its bus', () => {
  const verdict = judgeLate(view({ host: { ...healthy.host, role: 'feed' } }));
  assert.match(verdict.detail, /^frame to bus 0\.4 ms/);
});

test('nothing measured is not called punctual', () => {
  const hops = { receive_to_publish: null, publish_to_send: null, receive_to_send: null };
  const verdict = judgeLate(view({ hops, segments: [{ ...segment, delayMs: null }] }));
  assert.deepEqual(told(verdict), ['unknown', 'No ticks']);
});

test('slow clients are counted, with what they have not read', () => {
  assert.deepEqual(judgeSlow(healthy), { state: 'good', word: 'Nobody', detail: 'All 3 clients keep up' });
  const slow = judgeSlow(view({ clients: { total: 5, slow: 1, backlogBytes: 3 * 1024 * 1024 } }));
  assert.deepEqual(slow, { state: 'warn', word: '1 client', detail: 'of 5; 3.0 MiB wait to be read' });
  const most = judgeSlow(view({ clients: { total: 5, slow: 3, backlogBytes: 0 } }));
  assert.deepEqual(told(most), ['bad', '3 clients']);
});

test('a host without clients does not claim that they keep up', () => {
  const verdict = judgeSlow(view({ host: { ...healthy.host, role: 'feed', clientUrl: null } }));
  assert.deepEqual(told(verdict), ['good', 'No clients']);
});

test('a loss of now is told apart from one of this morning', () => {
  const losses = new LossWatch();
  const see = (seconds: number, lost: Record<string, number>, startedAt = AT) => {
    const news = view({ at: AT + seconds * 1000, lost, host: { ...healthy.host, startedAt } });
    losses.take(news);
    return judgeLost(news, losses);
  };
  assert.deepEqual(told(see(0, {})), ['good', 'Nothing']);
  const now = see(1, { ring_to_clients: 1200, orders: 4 });
  assert.deepEqual(told(now), ['bad', '1,204']);
  assert.match(now.detail, /^1,200 ticks on the way to clients, 4 order updates; the last just now$/);
  const later = see(302, { ring_to_clients: 1200, orders: 4 });
  assert.deepEqual(told(later), ['warn', '1,204']);
  assert.match(later.detail, /the last 5 min 1 s ago$/);
  assert.deepEqual(
    told(see(303, { ring_to_clients: 1, orders: 0 }, AT + 302_000)),
    ['bad', '1'],
    'a new life',
  );
});

test('losses from before the page was opened are not called new', () => {
  const losses = new LossWatch();
  const first = view({ lost: { upstream_frames: 7 } });
  losses.take(first);
  const verdict = judgeLost(first, losses);
  assert.deepEqual(told(verdict), ['warn', '7']);
  assert.match(verdict.detail, /none since this page looks/);
});
