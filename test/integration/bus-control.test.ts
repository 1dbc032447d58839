/** What a proxy on another host asks a feed host, over a real socket and with a real engine behind it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { DEMO_USER } from '../../src/main/database/demo-seed.ts';
import { packageVersion } from '../../src/main/package-version.ts';
import { MAX_REQUEST_BYTES } from '../../src/workers/bus/control-message.ts';
import { BusClient } from '../support/bus-client.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { ControlClient } from '../support/control-client.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';
import { untilUpstream, upstreamSubscriptions } from '../support/upstream-subscriptions.ts';

const RELIANCE = { exchange: 'NSE', symbol: 'RELIANCE', mode: MODE.QUOTE } as const;
const QUOTE_UPSTREAM = '1:2885:2';

function topicOf(mode: Mode): string {
  return formatTopic({ broker: 'angel', exchange: 'NSE', symbol: 'RELIANCE' }, mode);
}

/** A control client of a user whose key has been verified: its account is open. */
async function verified(t: TestContext, fixture: EngineFixture): Promise<ControlClient> {
  const control = new ControlClient(t, fixture.busEndpoint);
  const { outcome } = await control.verifyKey(fixture.key);
  assert.equal(outcome.status, 'ok');
  return control;
}

test('a feed host says what a proxy must know before it serves clients', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--bus-heartbeat=0.2'] });
  const control = new ControlClient(t, fixture.busEndpoint);
  const bus = new BusClient(t, fixture.busEndpoint, '@heartbeat/');
  const { id: _, type, host, page, capabilities, supportedBrokers, ...rest } = await control.hello();
  assert.equal(type, 'hello');
  assert.deepEqual(rest, { protocol: 1, version: await packageVersion(), heartbeatMs: 200 });
  assert.ok(supportedBrokers.includes('angel'));
  assert.ok(capabilities.some(({ broker }) => broker === 'angel'));
  assert.equal(page.demoKey, fixture.key);
  assert.ok(page.watch.some(({ symbol }) => symbol === 'RELIANCE'));
  assert.ok(!('html' in page), 'the page itself is at the proxy');
  const heartbeat = await until('a heartbeat', () => bus.events[0]);
  assert.equal(heartbeat.type === 'heartbeat' && heartbeat.host, host);
});

test('a key is verified as for a client of the host itself, with the account behind it', async (t) => {
  const fixture = await startEngineFixture(t);
  const control = new ControlClient(t, fixture.busEndpoint);
  const good = await control.verifyKey(fixture.key);
  const key = { userId: DEMO_USER, keyId: `openalgo:${DEMO_USER}`, rights: null };
  assert.deepEqual(good.outcome, { status: 'ok', ...key, account: DEMO_USER, broker: 'angel' });
  assert.deepEqual(
    [good.account?.name, good.account?.broker, good.account?.hasSession],
    [DEMO_USER, 'angel', true],
  );
  const bad = await control.verifyKey('no such key');
  assert.deepEqual(bad.outcome, {
    status: 'refused',
    code: 'AUTHENTICATION_ERROR',
    message: 'Invalid API key',
  });
  assert.equal(bad.account, null);
});

test('an instrument is resolved with its address and its status, and a symbol that is not listed is an error beside it', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  const { exchange } = fixture;
  const control = await verified(t, fixture);
  // What is resolved is subscribed, and its first value may come before the answer.
  exchange.stall(true);
  const before = Date.now() * 1e6;
  const { outcomes, askedAt } = await control.resolve(DEMO_USER, [
    { ...RELIANCE, symbol: 'NOBODY' },
    RELIANCE,
  ]);
  assert.ok(askedAt >= before - 1e9 && askedAt <= Date.now() * 1e6 + 1e9, `${askedAt}`);
  assert.deepEqual(outcomes, [
    { status: 'error', code: 'SYMBOL_NOT_FOUND', message: 'Symbol NOBODY not found for exchange NSE' },
    {
      status: 'ok',
      instrument: { broker: 'angel', exchange: 'NSE', symbol: 'RELIANCE', segment: 1, token: '2885' },
      hasLast: false,
    },
  ]);
  new BusClient(t, fixture.busEndpoint, topicOf(MODE.QUOTE));
  await untilUpstream(exchange, [QUOTE_UPSTREAM]);
  exchange.stall(false);
  await until('a last value and the status live', async () => {
    exchange.step();
    const { outcomes: later, statuses } = await control.resolve(DEMO_USER, [RELIANCE]);
    const [status] = statuses;
    const isLive = status?.status === 'live' && status.broker === 'angel';
    return later[0]?.status === 'ok' && later[0].hasLast && isLive && status.instruments.length === 1;
  });
  exchange.stall(true);
  const hasDepth = async () => {
    const { outcomes: higher } = await control.resolve(DEMO_USER, [{ ...RELIANCE, mode: MODE.DEPTH }]);
    assert.equal(higher[0]?.status, 'ok');
    return higher[0].hasLast;
  };
  assert.equal(await hasDepth(), false, 'a quote is no depth');
  exchange.stall(false);
  await until('a depth', () => exchange.step() ?? hasDepth());
});

test('an account that nobody has logged in to is refused wish by wish', async (t) => {
  const fixture = await startEngineFixture(t);
  const control = new ControlClient(t, fixture.busEndpoint);
  const { outcomes } = await control.resolve('nobody', [RELIANCE]);
  assert.deepEqual(outcomes, [
    { status: 'error', code: 'BROKER_ERROR', message: 'Broker adapter not found' },
  ]);
});

test('what was resolved is subscribed until the subscription comes, which takes it over; else it ends by itself', async (t) => {
  const fixture = await startEngineFixture(t);
  const { exchange } = fixture;
  const control = await verified(t, fixture);
  await control.resolve(DEMO_USER, [RELIANCE, { ...RELIANCE, symbol: 'INFY' }]);
  await untilUpstream(exchange, [QUOTE_UPSTREAM, '1:1594:2']);
  const requests = exchange.counters.requests;
  const bus = new BusClient(t, fixture.busEndpoint, topicOf(MODE.QUOTE));
  await untilUpstream(exchange, [QUOTE_UPSTREAM]);
  assert.equal(exchange.counters.requests, requests + 1, 'only the end of INFY');
  await until('ticks', () => exchange.step() ?? bus.ticks().length > 5);
  bus.close();
  await untilUpstream(exchange, []);
  assert.equal(exchange.counters.requests, requests + 2);
  await until('nothing held', () => fixture.engine.readers[0]!.counters.held === 0);
});

test('bad requests are answered with what is wrong, nobody else notices, and the next good one is served', async (t) => {
  const fixture = await startEngineFixture(t);
  const control = new ControlClient(t, fixture.busEndpoint);
  const other = new ControlClient(t, fixture.busEndpoint);
  const bad: [(string | Uint8Array)[], RegExp][] = [
    [[''], /no JSON object/],
    [[Buffer.from([0xff, 0xfe])], /no JSON object/],
    [['[]'], /no JSON object/],
    [['{"id":-1}'], /id is no integer/],
    [['{"id":0,"protocol":1,"type":"dance"}'], /type is none of hello, verifyKey, standings, resolve/],
    [['{"id":0,"protocol":1,"type":"resolve","account":"a","wishes":[["NSE","X",9]]}'], /wishes is no list/],
    [['', '{"id":0,"protocol":1,"type":"hello"}'], /has 2 frames/],
    [[`{"id":0,"x":"${'x'.repeat(MAX_REQUEST_BYTES)}"}`], /bytes, the limit is/],
  ];
  for (const [frames, expected] of bad) {
    const before = control.answers.length;
    await control.sendRaw(...frames);
    const answer = await until(`an answer like ${expected}`, () => control.answers[before]);
    assert.ok(answer.type === 'error', JSON.stringify(answer));
    assert.deepEqual([answer.id, answer.code], [0, 'CONTROL_INVALID']);
    assert.match(answer.message, expected);
  }
  await control.sendRaw('{"id":77,"protocol":2,"type":"hello"}');
  const [otherProtocol] = await until('an answer', () => {
    const answers = control.answersTo(77);
    return answers.length > 0 ? answers : null;
  });
  assert.equal(otherProtocol!.type === 'error' && otherProtocol!.code, 'CONTROL_PROTOCOL');
  assert.equal((await control.hello()).type, 'hello');
  assert.equal((await other.hello()).type, 'hello');
  const { counters, restarts } = fixture.engine.readers[0]!;
  assert.equal(restarts, 0);
  await until(
    'what is counted',
    () => fixture.engine.readers[0]!.counters.refusedRequests === bad.length + 1,
  );
  assert.ok((counters.requests ?? 0) >= 0);
});

test('a request that comes twice is answered twice, and answers do not mix between proxies that use the same ids', async (t) => {
  const fixture = await startEngineFixture(t);
  const [one, two] = [await verified(t, fixture), await verified(t, fixture)];
  const before = two.answers.length;
  const request = JSON.stringify({
    protocol: 1,
    id: 500,
    type: 'resolve',
    account: DEMO_USER,
    wishes: [['NSE', 'INFY', 1]],
  });
  await one.sendRaw(request);
  await one.sendRaw(request);
  await until('both answers', () => one.answersTo(500).length === 2);
  const [first, second] = one.answersTo(500);
  assert.ok(first?.type === 'resolved' && second?.type === 'resolved');
  assert.deepEqual(first.outcomes[0]?.status, 'ok');
  assert.equal(two.answers.length, before);
  await untilUpstream(fixture.exchange, []);
  assert.deepEqual(upstreamSubscriptions(fixture.exchange), [], 'both leases have lapsed');
});

test('hundreds of clients that authenticate and subscribe through a proxy at once are all answered', async (t) => {
  const fixture = await startEngineFixture(t);
  const control = await verified(t, fixture);
  const all = await Promise.all(
    Array.from({ length: 300 }, async (_, i) => {
      const key = await control.verifyKey(i % 2 === 0 ? fixture.key : `wrong ${i}`);
      const { outcomes } = await control.resolve(DEMO_USER, [RELIANCE]);
      return [key.outcome.status, outcomes[0]?.status];
    }),
  );
  assert.deepEqual(
    all,
    all.map((_, i) => [i % 2 === 0 ? 'ok' : 'refused', 'ok']),
  );
});
