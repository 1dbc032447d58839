/** What a feed host that is there in part, or a client that asks too much, does to the others on a proxy. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { LINK_RECONNECTS } from '../../src/workers/bus-source/group-link.ts';
import { startBusIntake } from '../support/bus-intake-scene.ts';
import { FakeFeedHost } from '../support/fake-feed-host.ts';
import { nameOf } from '../support/feed-group-scene.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

async function scene(t: TestContext, ...names: string[]) {
  const directory = temporaryDirectory(t);
  const endpoints = names.map((name) => `ipc://${join(directory, name)}`);
  const hosts = await Promise.all(endpoints.map((endpoint, i) => FakeFeedHost.start(t, endpoint, names[i])));
  for (const host of hosts) host.users.set('good', 'anna');
  const proxy = startBusIntake(t, [endpoints]);
  await proxy.untilUp(hosts.length);
  return { ...proxy, hosts };
}

test('a feed host that answers questions but whose bus is silent is away: no tick could come', async (t) => {
  const { intake, hosts } = await scene(t, 'bus');
  hosts[0]!.isSilent = true;
  await until('the host is away', async () => {
    // As clients that come all the time make it answer.
    await intake.control.verifyKey('good');
    return intake.counters().linksUp === 0;
  });
});

test('a key of any length is refused like any other, and costs nobody an answer', async (t) => {
  const { intake, hosts } = await scene(t, 'bus');
  const keys = ['x'.repeat(1025), 'good', 'x'.repeat(1_000_000)];
  const outcomes = await Promise.all(keys.map((key) => intake.control.verifyKey(key)));
  const refused = { status: 'refused', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' };
  assert.deepEqual([outcomes[0], outcomes[1]!.status, outcomes[2]], [refused, 'ok', refused]);
  assert.deepEqual(
    hosts[0]!.requests.flatMap((request) => (request.type === 'verifyKey' ? [request.key] : [])),
    ['good'],
  );
});

test('a feed host that has too many questions is not asked again for the same client', async (t) => {
  const { intake, hosts } = await scene(t, 'bus');
  const host = hosts[0]!;
  host.instead = ({ id, type }) =>
    type === 'hello' ? undefined : { id, type: 'error', code: 'CONTROL_BUSY', message: 'too many' };
  const asked = host.requests.length;
  const outcome = await intake.control.verifyKey('good');
  assert.equal(outcome.status === 'refused' && outcome.code, 'FEED_UNAVAILABLE');
  const { outcomes } = await intake.control.subscribe('0/anna', [
    { exchange: 'NSE', symbol: 'INFY', mode: MODE.LTP },
  ]);
  assert.match(outcomes[0]?.status === 'error' ? outcomes[0].message : '', /CONTROL_BUSY: too many/);
  assert.equal(host.requests.length - asked, 2);
});

test('a switch of hosts that a client asking learns of reaches the others at once', async (t) => {
  const { intake, hosts, ticks, news } = await scene(t, 'first', 'second');
  const [first, second] = hosts as [FakeFeedHost, FakeFeedHost];
  const wishes = [{ exchange: 'NSE', symbol: 'INFY', mode: MODE.LTP }] as const;
  await intake.control.subscribe('0/anna', wishes);
  intake.control.need([{ slot: 0, modes: 1 << MODE.LTP }]);
  const topic = formatTopic(nameOf('INFY'), MODE.LTP);
  await until('the topic at both', () => hosts.every(({ subscribed }) => subscribed.has(topic)));
  for (const host of hosts) host.sendStatus('live', 1, 'INFY');
  first.sendTicks('INFY', MODE.LTP, { epoch: 9, seq: 1, time: 100 });
  second.sendTicks('INFY', MODE.LTP, { epoch: 3, seq: 7, time: 101 });
  const account = { name: 'zoe', broker: 'angel', hasSession: true, isConnected: true };
  second.sendEvent({ type: 'account', revision: 1, ...account });
  await until('the ticks of both', () => ticks.length === 1 && news.includes('account 0/zoe true true'));
  const instruments = [{ exchange: 'NSE', symbol: 'INFY' }];
  const stale = { revision: 2, status: 'stale', since: 2, reason: 'silent', broker: 'angel' } as const;
  first.instead = ({ id, type }) => {
    if (type !== 'resolve') return undefined;
    for (const host of hosts) host.isSilent = true;
    const outcomes = [{ status: 'ok', instrument: nameOf('INFY'), hasLast: false } as const];
    return {
      id,
      type: 'resolved',
      askedAt: 1,
      outcomes,
      statuses: [{ type: 'status', ...stale, instruments }],
    };
  };
  await intake.control.subscribe('0/anna', wishes);
  await setImmediate();
  assert.deepEqual(ticks, ['0 9/1', '0 10/7']);
});

test('a feed host that says good-bye is away at once, whatever else it says, and its next start is served', async (t) => {
  const { intake, hosts, news } = await scene(t, 'bus');
  const [host] = hosts as [FakeFeedHost];
  host.sendEvent({ type: 'heartbeat', host: host.host, at: 1, leaving: true });
  await until('the host is away', () => news.includes(`away ${host.endpoint} it was stopped`));
  // It still beats and answers, as one may whose stop takes a moment.
  host.heartbeat();
  host.heartbeat();
  const account = { name: 'zoe', broker: 'angel', hasSession: true, isConnected: true };
  host.sendEvent({ type: 'account', revision: 1, ...account });
  await until('what was said behind it', () => news.some((each) => each.startsWith('account 0/zoe')));
  assert.equal(intake.counters().linksUp, 0);
  host.host = 'next start';
  await until('the next start is up', () => intake.counters().linksUp === 1);
  host.isSilent = true;
  await until('the host is silent', () => intake.counters().linksUp === 0);
  host.isSilent = false;
  await until('it is back', () => intake.counters().linksUp === 1);
  // On a busy machine it breaks by itself too.
  const ups = news.filter((each) => each.startsWith(`up ${host.endpoint}`)).length;
  assert.ok(ups >= 3, `up ${ups} times`);
  assert.equal(
    intake.counters()[`${LINK_RECONNECTS}${host.endpoint}`],
    ups - 1,
    'as often as the link broke',
  );
});
