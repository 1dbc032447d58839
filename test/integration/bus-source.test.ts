/** A proxy's links to feed hosts, over ZeroMQ: what it asks, what it is answered, and what it does while nobody answers. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FLAG, MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import type { SubscribeOutcome } from '../../src/workers/worker-messages.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { type BusIntakeTimes, createBusIntake, startBusIntake } from '../support/bus-intake-scene.ts';
import { FakeFeedHost } from '../support/fake-feed-host.ts';
import { nameOf } from '../support/feed-group-scene.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const ANNA = '0/anna';
const wish = (symbol: string, mode: 1 | 2 | 3 | 4 = MODE.QUOTE) => ({ exchange: 'NSE', symbol, mode });
const topicOf = (symbol: string, mode: 1 | 2 | 3 | 4 = MODE.QUOTE) => formatTopic(nameOf(symbol), mode);
const slotsOf = (outcomes: readonly SubscribeOutcome[]) =>
  outcomes.map((outcome) => (outcome.status === 'ok' ? outcome.instruments[0]!.slot : outcome.code));
const withLast = (symbol: string) => ({ status: 'ok', instrument: nameOf(symbol), hasLast: true }) as const;

function endpoints(t: TestContext, ...names: string[]): string[] {
  const directory = temporaryDirectory(t);
  return names.map((name) => `ipc://${join(directory, name)}`);
}

/** Three heartbeats are over soon. */
const SHORT: BusIntakeTimes = {};

/** @param times of a link that no load of the machine cuts, where nothing else is said */
async function scene(t: TestContext, times: BusIntakeTimes = { heartbeatMs: 1000 }) {
  const [endpoint] = endpoints(t, 'bus') as [string];
  const host = await FakeFeedHost.start(t, endpoint);
  host.users.set('good', 'anna');
  const proxy = startBusIntake(t, [[endpoint]], times);
  await proxy.untilUp(1);
  return { ...proxy, host, endpoint };
}

test('a key is verified at the feed host, and its session is told before the answer', async (t) => {
  const { intake, news, host } = await scene(t);
  const verified = intake.control.verifyKey('good').then((outcome) => {
    news.push('verified');
    return outcome;
  });
  const key = { userId: 'anna', keyId: `0/openalgo:anna`, rights: null };
  const account = { ...key, account: 'anna', broker: 'angel' };
  assert.deepEqual(await verified, { status: 'ok', ...account, owner: ANNA });
  assert.deepEqual(news.slice(-2), [`account ${ANNA} true true`, 'verified']);
  assert.deepEqual(await intake.control.verifyKey('bad'), {
    status: 'refused',
    code: 'AUTHENTICATION_ERROR',
    message: 'Invalid API key',
  });
  assert.deepEqual(intake.offers.supportedBrokers(), ['angel']);
  assert.deepEqual(intake.offers.capabilities(ANNA).depthLevels('angel', 'NSE'), [5]);
  host.sendEvent({ type: 'orders', userId: 'anna', text: '{"orderid": 7}' });
  await until('the order', () => news.includes(`order ${ANNA} {"orderid": 7}`));
});

test('a key belongs to the feed that knows it; while one that might know it is away, nothing is said of a key', async (t) => {
  const [first, second] = endpoints(t, 'a', 'b') as [string, string];
  const a = await FakeFeedHost.start(t, first);
  const b = await FakeFeedHost.start(t, second);
  b.users.set('key of b', 'anna');
  const { intake, untilUp } = startBusIntake(t, [[first], [second]]);
  await untilUp(2);
  const known = await intake.control.verifyKey('key of b');
  assert.equal(known.status === 'ok' && known.owner, '1/anna');
  assert.equal((await intake.control.verifyKey('of nobody')).status, 'refused');
  await a.close();
  await untilUp(1);
  const still = await intake.control.verifyKey('key of b');
  assert.equal(still.status, 'ok', 'a feed that is away harms no user of another');
  const unknown = await intake.control.verifyKey('of nobody');
  assert.ok(unknown.status === 'refused');
  assert.equal(unknown.code, 'FEED_UNAVAILABLE');
  assert.match(unknown.message, /\/a cannot be reached now .*Try again/);
});

test('a client that comes before the link is made waits for it, and is told when it cannot be made', async (t) => {
  const [endpoint] = endpoints(t, 'bus') as [string];
  const { intake, untilUp } = startBusIntake(t, [[endpoint]]);
  const early = intake.control.verifyKey('good');
  const host = await FakeFeedHost.start(t, endpoint);
  host.users.set('good', 'anna');
  assert.equal((await early).status, 'ok');
  await untilUp(1);
  const [nowhere] = endpoints(t, 'nowhere') as [string];
  const other = startBusIntake(t, [[nowhere]]);
  const outcome = await other.intake.control.verifyKey('good');
  assert.equal(outcome.status === 'refused' && outcome.code, 'FEED_UNAVAILABLE');
});

test('a subscribe is answered when the last values have come that the feed host promised, and not before', async (t) => {
  const { intake, host, lastFlags } = await scene(t);
  host.resolve = (symbol) =>
    symbol === 'NOPE' ? { status: 'error', code: 'SYMBOL_NOT_FOUND', message: 'no NOPE' } : withLast(symbol);
  let isAnswered = false;
  const subscribing = intake.control
    .subscribe(ANNA, [wish('INFY'), wish('NOPE'), wish('TCS', MODE.DEPTH)])
    .then((answer) => {
      isAnswered = true;
      return answer;
    });
  await until('both topics', () =>
    [topicOf('INFY'), topicOf('TCS', MODE.DEPTH)].every((topic) => host.subscribed.has(topic)),
  );
  host.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100, flags: FLAG.SNAPSHOT });
  await until('the first', () => lastFlags(0) === 0);
  assert.equal(isAnswered, false);
  host.sendTicks('TCS', MODE.DEPTH, { epoch: 5, seq: 1, time: 100, flags: FLAG.SNAPSHOT });
  const { outcomes, askedAt } = await subscribing;
  assert.deepEqual(slotsOf(outcomes), [0, 'SYMBOL_NOT_FOUND', 1]);
  assert.equal(askedAt, 123);
  const started = performance.now();
  await intake.control.subscribe(ANNA, [wish('SBIN')]);
  assert.ok(performance.now() - started > 300, 'a value that never comes is waited for, but not for ever');
});

test('what clients need is subscribed, follows them up and down, and ends with the last of them', async (t) => {
  const { intake, host, ticks, news } = await scene(t);
  const { outcomes } = await intake.control.subscribe(ANNA, [wish('INFY')]);
  const [slot] = slotsOf(outcomes) as [number];
  intake.control.need([{ slot, modes: 1 << MODE.QUOTE }]);
  await until('the topic', () => host.subscribed.has(topicOf('INFY')));
  host.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100 });
  await until('the tick', () => ticks.includes('0 5/1'));
  // It ends and begins again in one turn.
  intake.control.need([{ slot, modes: 0 }]);
  intake.control.need([{ slot, modes: 1 << MODE.DEPTH }]);
  await until('depth', () => host.subscribed.has(topicOf('INFY', MODE.DEPTH)));
  assert.equal(host.subscribed.has(topicOf('INFY')), true, 'until the first message of depth');
  host.sendTicks('INFY', MODE.DEPTH, { epoch: 5, seq: 2, time: 101 });
  await until('the end of quotes', () => !host.subscribed.has(topicOf('INFY')));
  intake.control.need([{ slot, modes: 0 }]);
  await until('the end of depth', () => !host.subscribed.has(topicOf('INFY', MODE.DEPTH)));
  assert.equal(news.at(-1), 'freed 0');
});

test('what a request was granted is kept until its client holds it, whatever others give back meanwhile', async (t) => {
  const { intake, host, lastFlags } = await scene(t);
  const first = await intake.control.subscribe(ANNA, [wish('INFY')]);
  const [slot] = slotsOf(first.outcomes) as [number];
  intake.control.need([{ slot, modes: 1 << MODE.QUOTE }]);
  host.resolve = withLast;
  const second = intake.control.subscribe(ANNA, [wish('INFY')]);
  await until('the question', () => host.requests.filter(({ type }) => type === 'resolve').length === 2);
  // Answers come in the order of the questions: with this one the one before is there.
  await intake.control.verifyKey('good');
  intake.control.need([{ slot, modes: 0 }]);
  await new Promise(setImmediate);
  host.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100, flags: FLAG.SNAPSHOT });
  assert.deepEqual(slotsOf((await second).outcomes), [slot]);
  intake.control.need([{ slot, modes: 1 << MODE.QUOTE }]);
  await new Promise(setImmediate);
  assert.equal(lastFlags(slot), 0);
  assert.ok(!host.reports.includes(`-${topicOf('INFY')}`));
});

test('a silent host is away: its values are stale, what is held is confirmed, the rest refused; it comes back without another hello', async (t) => {
  const { intake, host, news, lastFlags, untilUp, endpoint } = await scene(t, SHORT);
  await intake.control.verifyKey('good');
  const { outcomes } = await intake.control.subscribe(ANNA, [wish('INFY')]);
  const [slot] = slotsOf(outcomes) as [number];
  intake.control.need([{ slot, modes: 1 << MODE.QUOTE }]);
  await until('the topic', () => host.subscribed.has(topicOf('INFY')));
  host.sendStatus('live', 7, 'INFY');
  host.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100 });
  await until('the tick', () => lastFlags(slot) === 0);
  host.isSilent = true;
  host.isDeaf = true;
  await untilUp(0);
  assert.equal(lastFlags(slot), FLAG.STALE);
  const absence = 'nothing heard for 3 heartbeats';
  assert.ok(news.includes(`away ${endpoint} ${absence}`));
  assert.ok(news.includes(`recovering 0: the feed host ${endpoint} is away: ${absence}`));
  assert.ok(news.includes(`account ${ANNA} true false`));
  const hellos = () => host.requests.filter(({ type }) => type === 'hello').length;
  const said = hellos();
  const held = await intake.control.subscribe(ANNA, [
    wish('INFY'),
    wish('INFY', MODE.LTP),
    wish('INFY', MODE.DEPTH),
    wish('TCS'),
  ]);
  assert.deepEqual(slotsOf(held.outcomes), [0, 0, 'FEED_UNAVAILABLE', 'FEED_UNAVAILABLE']);
  host.sendStatus('live', 8, 'INFY');
  host.isSilent = false;
  host.isDeaf = false;
  await untilUp(1);
  assert.equal(hellos(), said, 'the same start of the same host');
  assert.ok(news.includes('live 0: first says'));
  await until(
    'standing events once more',
    () => host.reports.filter((text) => text === '+@status/').length === 2,
  );
  host.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100, flags: FLAG.SNAPSHOT });
  await until('a fresh value', () => lastFlags(slot) === 0);
});

test('a thread that was busy for longer than three heartbeats does not take its feed host for away', async (t) => {
  const { intake, news } = await scene(t, SHORT);
  for (let i = 0; i < 3; i++) {
    const end = performance.now() + 250;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal((await intake.control.verifyKey('good')).status, 'ok');
  assert.deepEqual(
    news.filter((text) => text.startsWith('away')),
    [],
  );
});

test('a host that died and was started anew is said hello to, with all topics, and its new epoch goes on', async (t) => {
  const { intake, host, ticks, untilUp, endpoint } = await scene(t, SHORT);
  const { outcomes } = await intake.control.subscribe(ANNA, [wish('INFY')]);
  const [slot] = slotsOf(outcomes) as [number];
  intake.control.need([{ slot, modes: 1 << MODE.QUOTE }]);
  await until('the topic', () => host.subscribed.has(topicOf('INFY')));
  host.sendTicks('INFY', MODE.QUOTE, { epoch: 500, seq: 1, time: 100 });
  await until('a tick', () => ticks.length === 1);
  await host.close();
  await untilUp(0);
  const again = await FakeFeedHost.start(t, endpoint, 'second');
  await untilUp(1);
  assert.deepEqual(
    again.requests.map(({ type }) => type),
    ['hello'],
  );
  await until('the topic again', () => again.subscribed.has(topicOf('INFY')));
  // Its clock was set back meanwhile.
  again.sendTicks('INFY', MODE.QUOTE, { epoch: 400, seq: 1, time: 200 }, { epoch: 400, seq: 3, time: 201 });
  await until('its ticks', () => ticks.length === 3);
  assert.deepEqual(ticks, ['0 500/1', '0 501/1', '0 501/3']);
  assert.equal(intake.source.lost, 1);
});

test('a host that is started anew before anybody missed it costs its clients a moment, and no question an error', async (t) => {
  const { intake, host, news } = await scene(t);
  const { outcomes } = await intake.control.subscribe(ANNA, [wish('INFY')]);
  const [slot] = slotsOf(outcomes) as [number];
  intake.control.need([{ slot, modes: 1 << MODE.QUOTE }]);
  host.sendStatus('live', 7, 'INFY');
  await until('the status', () => news.includes('live 0: first says'));
  // The link to its control socket comes back later than that to its bus.
  host.isDeaf = true;
  host.host = 'second';
  await until('its first heartbeat', () => news.some((text) => text.includes('it was started anew')));
  const asked = intake.control.verifyKey('good');
  host.isDeaf = false;
  assert.equal((await asked).status, 'ok');
  host.sendStatus('live', 1, 'INFY');
  await until('its own status', () => news.includes('live 0: second says'));
});

test('a host in whose place something else answered, which ends a connection of ZeroMQ for good, is found when it is back', async (t) => {
  const port = await adjacentPorts();
  const endpoint = `tcp://127.0.0.1:${port}`;
  const other = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(10), () => socket.destroy());
  });
  t.after(() => other.close());
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  const { intake, news, untilUp } = startBusIntake(t, [[endpoint]], { connectAnewMs: 300 });
  await until('the absence', () => news.some((text) => text.startsWith(`away ${endpoint}`)));
  const outcome = await intake.control.verifyKey('good');
  assert.equal(outcome.status === 'refused' && outcome.code, 'FEED_UNAVAILABLE');
  await new Promise((resolve) => other.close(resolve));
  const host = await FakeFeedHost.start(t, endpoint);
  await untilUp(1);
  await intake.control.subscribe(ANNA, [wish('INFY')]);
  assert.ok(host.subscribed.has('@orders/'));
});

test('an intake that was never started lets go of its sockets', async (t) => {
  const [endpoint] = endpoints(t, 'bus') as [string];
  await createBusIntake([[endpoint]], []).close();
});

test('a host that does not answer is given up in time, and the one that stands by is asked', async (t) => {
  const [first, second] = endpoints(t, 'a', 'b') as [string, string];
  const a = await FakeFeedHost.start(t, first, 'a');
  const b = await FakeFeedHost.start(t, second, 'b');
  for (const host of [a, b]) host.users.set('good', 'anna');
  const { intake, untilUp } = startBusIntake(t, [[first, second]]);
  await untilUp(2);
  a.isDeaf = true;
  assert.equal((await intake.control.verifyKey('good')).status, 'ok');
  const { outcomes } = await intake.control.subscribe(ANNA, [wish('INFY')]);
  intake.control.need([{ slot: 0, modes: 1 << MODE.QUOTE }]);
  assert.deepEqual(slotsOf(outcomes), [0]);
  assert.ok(b.requests.some(({ type }) => type === 'resolve'));
  await until('both hosts', () => [a, b].every(({ subscribed }) => subscribed.has(topicOf('INFY'))));
  b.isDeaf = true;
  const unanswered = await intake.control.subscribe(ANNA, [wish('TCS')]);
  const [outcome] = unanswered.outcomes;
  assert.ok(outcome?.status === 'error');
  assert.equal(outcome.code, 'FEED_UNAVAILABLE');
  assert.match(outcome.message, /no answer within 400 ms/);
});

test('nonsense for an answer, or for another question, is as good as none, and harms no other question', async (t) => {
  const { intake, host } = await scene(t);
  const nonsense: (string | undefined)[] = ['', '{}', '[1]', '{"id": 1, "type": "resolved"}', '\0'];
  host.instead = ({ type }) => (type === 'resolve' ? nonsense.shift() : undefined);
  const questions = nonsense.map(() => intake.control.subscribe(ANNA, [wish('INFY')]));
  assert.equal((await intake.control.verifyKey('good')).status, 'ok');
  for (const { outcomes } of await Promise.all(questions)) {
    assert.deepEqual(slotsOf(outcomes), ['FEED_UNAVAILABLE']);
  }
  assert.equal(intake.counters().garbage, 5);
  host.instead = ({ id, type }) =>
    type === 'resolve' ? { id, type: 'resolved', askedAt: 1, outcomes: [], statuses: [] } : undefined;
  const { outcomes } = await intake.control.subscribe(ANNA, [wish('INFY')]);
  assert.deepEqual(slotsOf(outcomes), ['FEED_UNAVAILABLE'], 'fewer outcomes than wishes');
});

test('a feed host of another protocol is away, and the log is told why', async (t) => {
  const [endpoint] = endpoints(t, 'bus') as [string];
  const host = await FakeFeedHost.start(t, endpoint);
  const message = 'this feed host speaks 2';
  host.instead = ({ id }) => ({ id, type: 'error', code: 'CONTROL_PROTOCOL', message });
  const { intake, news } = startBusIntake(t, [[endpoint]]);
  await until('the word', () => news.includes(`away ${endpoint} ${message}`));
  const outcome = await intake.control.verifyKey('good');
  assert.equal(outcome.status === 'refused' && outcome.code, 'FEED_UNAVAILABLE');
  host.instead = () => undefined;
  await until('up', () => intake.counters().linksUp === 1);
});

test('what waits for a proxy that does not drain is bounded here, and comes in order when it drains', async (t) => {
  const { intake, host, pump } = await scene(t);
  const { outcomes } = await intake.control.subscribe(ANNA, [wish('INFY')]);
  const [slot] = slotsOf(outcomes) as [number];
  intake.control.need([{ slot, modes: 1 << MODE.QUOTE }]);
  await until('the topic', () => host.subscribed.has(topicOf('INFY')));
  await pump.stop();
  for (let seq = 1; seq <= 5000; seq++) host.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq, time: seq });
  await until('a full queue', () => Number(intake.counters().queued) >= 1024);
  assert.ok(Number(intake.counters().queued) <= 1024);
  let count = 0;
  await until('all of them', () => {
    intake.source.drain(() => count++, 512);
    return count === 5000;
  });
  assert.equal(intake.source.lost, 0);
});

test('more wishes than a feed host takes in one question are asked in several, and answered as one', async (t) => {
  const { intake, host } = await scene(t);
  const wishes = Array.from({ length: 9000 }, (_, i) => wish(i === 8999 ? '' : `SYMBOL${i}`));
  const { outcomes } = await intake.control.subscribe(ANNA, wishes);
  assert.equal(outcomes.length, 9000);
  assert.deepEqual(
    outcomes.slice(0, 8999).map((outcome) => outcome.status === 'ok' && outcome.instruments[0]!.symbol),
    wishes.slice(0, 8999).map(({ symbol }) => symbol),
  );
  assert.deepEqual(slotsOf(outcomes.slice(-1)), ['SYMBOL_NOT_FOUND']);
  assert.ok(host.requests.filter(({ type }) => type === 'resolve').length >= 3);
});
