/** What clients with the `status` feature are told of their feed, with a real engine and an exchange that misbehaves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToReader } from '../../src/workers/worker-messages.ts';
import { alwaysOpen, calendarFlag, timeInIndia } from '../support/calendar-file.ts';
import { type EngineFixture, FIXTURE_CREDENTIALS, startEngineFixture } from '../support/engine-fixture.ts';
import { exchangeAgain, untilFeedIs } from '../support/feed-scene.ts';
import type { Message, TestClient, TestClientOptions } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** A watch that loses patience soon. */
const QUICK = [
  '--mute-after=0.4',
  '--stale-after=0',
  '--open-grace=0',
  '--recovery-wait=0.3',
  '--reconnect-max-ms=100',
];
const LOAD = { ticksPerSecond: 500 };

function statuses(client: TestClient): Message[] {
  return client.received.map(({ message }) => message).filter(({ type }) => type === 'feed_status');
}

/** As `status: symbols`. */
function told(client: TestClient): string[] {
  return statuses(client).map(({ status, instruments }) => {
    const symbols = (instruments as { symbol: string }[]).map(({ symbol }) => symbol);
    return `${status}: ${symbols}`;
  });
}

async function untilTold(client: TestClient, ...expected: readonly string[]): Promise<void> {
  const seen = () => told(client);
  await until(`${expected} at the end of ${seen()}`, () =>
    expected.every((each, i) => seen().at(i - expected.length) === each),
  ).catch((cause: unknown) => {
    throw new Error(`told: ${seen().join(' | ')}`, { cause });
  });
}

/** A client that asks for the status, while the connection to the broker is up. */
async function watcherOf(fixture: EngineFixture, options: TestClientOptions = {}): Promise<TestClient> {
  const watcher = await fixture.client({ features: ['status'], ...options });
  await untilFeedIs(fixture, 'live');
  return watcher;
}

test('the status comes right behind the confirmation, for what is newly held, in both framings and dialects', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  for (const framing of ['json', 'msgpack'] as const) {
    for (const dialect of ['openalgo', 'design']) {
      const each = await watcherOf(fixture, { framing, path: `/?dialect=${dialect}` });
      const before = Date.now();
      each.send({
        action: 'subscribe',
        symbols: [
          { symbol: 'RELIANCE', exchange: 'NSE' },
          { symbol: 'NIFTY', exchange: 'NSE_INDEX' },
          { symbol: 'NOPE', exchange: 'NSE' },
        ],
        mode: 1,
      });
      await until('the status', () => statuses(each).length > 0);
      const from = each.received.findIndex(({ message }) => message.type === 'subscribe');
      const { message, isBinary } = each.received[from + 1]!;
      assert.equal(isBinary, framing === 'msgpack');
      assert.deepEqual(Object.keys(message), ['type', 'status', 'since', 'reason', 'broker', 'instruments']);
      assert.equal(message.status, 'live');
      assert.ok(Number(message.since) > before - 60_000 && Number(message.since) <= Date.now());
      assert.equal(message.broker, 'angel');
      assert.deepEqual(message.instruments, [
        { symbol: 'RELIANCE', exchange: 'NSE' },
        { symbol: 'NIFTY', exchange: 'NSE_INDEX' },
      ]);
      await each.subscribe('NSE', 'RELIANCE', 2);
      await each.ask({ action: 'ping' });
      assert.equal(statuses(each).length, 1, 'another mode of the same instrument is no news');
    }
  }
});

test('a silent stall: mute, then recovering, then live when ticks are back; the last value is stale meanwhile', async (t) => {
  const fixture = await startEngineFixture(t, { exchange: LOAD, flags: [alwaysOpen(t), ...QUICK] });
  const { client, exchange, engine } = fixture;
  const [watcher, plain] = [await watcherOf(fixture, { features: ['status', 'sequence'] }), await client()];
  for (const each of [watcher, plain]) await each.subscribe('NSE', 'RELIANCE', 2);
  await until('ticks', () => plain.ticks().length > 50);
  const accepted = exchange.counters.connectionsAccepted;
  exchange.stall(true);
  await untilTold(watcher, 'live: RELIANCE', 'mute: RELIANCE');
  assert.match(String(statuses(watcher)[1]!.reason), /^no tick of NSE for .*, though the connection answers/);
  const late = await client({ features: ['snapshot', 'status'] });
  await late.subscribe('NSE', 'RELIANCE', 2);
  const snapshot = late.ticks()[0];
  if (snapshot !== undefined) {
    assert.deepEqual([snapshot.snapshot, snapshot.stale], [true, true], 'an old price is not shown as fresh');
  }
  await untilTold(watcher, 'mute: RELIANCE', 'recovering: RELIANCE');
  await until('a new connection', () => exchange.counters.connectionsAccepted > accepted);
  const before = watcher.ticks().length;
  exchange.stall(false);
  await untilTold(watcher, 'live: RELIANCE');
  await until('ticks', () => watcher.ticks().length > before + 10);
  const gaps = watcher.received.map(({ message }) => message).filter(({ type }) => type === 'gap');
  assert.ok(
    gaps.length > 0 && gaps.every(({ reason }) => reason === 'outage'),
    'what was missed is announced',
  );
  assert.ok(plain.received.every(({ message }) => message.type !== 'feed_status'));
  assert.ok(plain.ticks().every((tick) => !('stale' in tick)));
  assert.equal(engine.feeds[0]!.state, 'live');
});

test('a feed that stays mute is helped step by step, in the end with the session as the database has it now', async (t) => {
  const fixture = await startEngineFixture(t, {
    exchange: LOAD,
    flags: [alwaysOpen(t), ...QUICK, '--database-poll=3600'],
  });
  const { exchange } = fixture;
  const watcher = await watcherOf(fixture);
  await watcher.subscribe('NSE', 'RELIANCE', 1);
  await until('ticks', () => watcher.ticks().length > 50);
  exchange.stall(true);
  fixture.writeDatabase((db, encrypt) => void db.prepare('UPDATE auth SET auth = ?').run(encrypt('AUTH.2')));
  // The exchange does not know the new token, which shows that it was read.
  await untilTold(watcher, 'session_expired: RELIANCE');
  const seen = told(watcher).map((each) => each.split(':')[0]);
  assert.deepEqual(seen.slice(0, 3), ['live', 'mute', 'recovering']);
  assert.ok(exchange.counters.connectionsAccepted >= 2, 'a new connection was tried before');
});

test('an instrument that is merely quiet is asked, and nobody is alarmed', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t), ...QUICK] });
  const { exchange, engine } = fixture;
  const watcher = await watcherOf(fixture);
  await watcher.subscribe('NSE', 'RELIANCE', 2);
  await until('two probes', () => (engine.feeds[0]!.counters.resubscribed ?? 0) >= 2);
  await watcher.ask({ action: 'ping' });
  assert.deepEqual(told(watcher), ['live: RELIANCE']);
  assert.equal(exchange.counters.connectionsAccepted, 1);
});

test('a connection that is lost is recovering, then live, told to each client for what it holds', async (t) => {
  const fixture = await startEngineFixture(t, {
    exchange: LOAD,
    flags: [alwaysOpen(t), '--reconnect-max-ms=200'],
  });
  const { exchange } = fixture;
  const [one, two] = [await watcherOf(fixture), await watcherOf(fixture)];
  for (const symbol of ['RELIANCE', 'INFY']) await one.subscribe('NSE', symbol, 1);
  await two.subscribe('NSE', 'INFY', 1);
  exchange.refuseNext({ status: 503 });
  exchange.refuseNext({ status: 503 });
  const before = Date.now();
  exchange.dropAll();
  await untilTold(one, 'recovering: RELIANCE,INFY', 'live: RELIANCE,INFY');
  await untilTold(two, 'recovering: INFY', 'live: INFY');
  const [recovering, live] = statuses(two).slice(-2);
  assert.ok(Number(recovering!.since) >= before && Number(live!.since) >= Number(recovering!.since));
  assert.ok(!/next attempt/.test(String(recovering!.reason)));
});

test('a session that the broker refuses or the user has ended is told as expired, until the next login', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t), '--database-poll=0.1'] });
  const watcher = await watcherOf(fixture);
  await watcher.subscribe('NSE', 'RELIANCE', 1);
  await fixture.exchange.close();
  const tokens = { ...FIXTURE_CREDENTIALS, authToken: 'AUTH.1', feedToken: 'FEED.1' };
  await exchangeAgain(t, fixture, tokens);
  await untilTold(watcher, 'session_expired: RELIANCE');
  assert.match(String(statuses(watcher).at(-1)!.reason), /HTTP 401/);
  fixture.writeDatabase((db, encrypt) => {
    const { authToken, feedToken } = tokens;
    db.prepare('UPDATE auth SET auth = ?, feed_token = ?').run(encrypt(authToken), encrypt(feedToken));
  });
  await untilTold(watcher, 'live: RELIANCE');
  fixture.writeDatabase((db) => void db.prepare('UPDATE auth SET is_revoked = 1').run());
  await untilTold(watcher, 'session_expired: RELIANCE');
  fixture.writeDatabase((db) => void db.prepare('UPDATE auth SET is_revoked = 0').run());
  await untilTold(watcher, 'live: RELIANCE');
});

test('one instrument that stalls is stale, alone, and live again when its ticks are back', async (t) => {
  const fixture = await startEngineFixture(t, {
    exchange: LOAD,
    flags: [alwaysOpen(t), '--stale-after=0.5', '--recovery-wait=0.3'],
  });
  const { client, exchange } = fixture;
  const watcher = await watcherOf(fixture, { features: ['status', 'sequence'] });
  for (const symbol of ['RELIANCE', 'INFY']) await watcher.subscribe('NSE', symbol, 1);
  await until('ticks', () => ['RELIANCE', 'INFY'].every((symbol) => watcher.ticks(symbol).length > 100));
  exchange.stallInstrument(1, '2885', true);
  await untilTold(watcher, 'stale: RELIANCE');
  const late = await client({ features: ['snapshot'] });
  await late.subscribe('NSE', 'RELIANCE', 1);
  await until('the last value', () => late.ticks().length > 0);
  assert.deepEqual([late.ticks()[0]!.snapshot, late.ticks()[0]!.stale], [true, true]);
  exchange.stallInstrument(1, '2885', false);
  await untilTold(watcher, 'stale: RELIANCE', 'live: RELIANCE');
  const gaps = watcher.received.map(({ message }) => message).filter(({ type }) => type === 'gap');
  assert.deepEqual(
    gaps.map(({ symbol, reason }) => [symbol, reason]),
    [['RELIANCE', 'outage']],
  );
  await until('fresh ticks', () => late.ticks().length > 3);
  assert.ok(
    late
      .ticks()
      .slice(1)
      .every((tick) => !('stale' in tick)),
  );
  assert.equal(exchange.counters.connectionsAccepted, 1, 'the others keep their connection');
});

test('a proxy worker that starts anew knows how the feed stands', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t), '--proxy-workers=1'] });
  const { client, engine, wsUrl } = fixture;
  const watcher = await watcherOf(fixture);
  await watcher.subscribe('NSE', 'RELIANCE', 1);
  engine.readers[1]!.post({ type: 'nonsense' } as never as ToReader);
  assert.equal((await watcher.untilClosed()).code, 1001);
  await until('the listener', () =>
    fetch(wsUrl.replace('ws:', 'http:')).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const again = await client({ features: ['status'] });
  await again.subscribe('NSE', 'RELIANCE', 1);
  await untilTold(again, 'live: RELIANCE');
});

test('a market that closes and opens is told, with its time, and its silence alarms nobody', async (t) => {
  const start = Date.now();
  // It closes and opens again and again, since nobody knows how long an engine takes to start on a busy machine.
  const days = Array.from({ length: 12 }, (_, i) => ({
    opens: start + i * 7500,
    closes: start + i * 7500 + 3000,
  }));
  const sessions = days.map(({ opens, closes }) => [timeInIndia(opens), timeInIndia(closes)] as const);
  if (timeInIndia(days.at(-1)!.closes) < timeInIndia(start)) return t.skip('midnight in India is too near');
  // Mute, and a new connection, would come within the time that it is closed.
  const flags = ['--mute-after=1', '--stale-after=0', '--open-grace=0', '--recovery-wait=2'];
  const fixture = await startEngineFixture(t, { flags: [calendarFlag(t, sessions), ...flags] });
  const { client, exchange } = fixture;
  const watcher = await watcherOf(fixture);
  await watcher.subscribe('NSE', 'RELIANCE', 1);
  const order = ['live', 'market_closed', 'live'];
  const [, closed, live] = await until(
    'closed and open again',
    () => {
      const seen = statuses(watcher);
      const from = seen.findIndex((_, at) => order.every((status, i) => seen[at + i]?.status === status));
      return from >= 0 && seen.slice(from);
    },
    40_000,
  );
  const day = days.find(({ closes }) => Math.abs(Number(closed!.since) - closes) < 1500);
  assert.ok(day !== undefined, `closed since ${closed!.since}`);
  assert.match(String(closed!.reason), /^NSE is closed until \d{4}-\d\d-\d\d \d\d:\d\d IST$/);
  const next = days[days.indexOf(day) + 1]!.opens;
  assert.ok(Math.abs(Number(live!.since) - next) < 3000, `live since ${live!.since}, open since ${next}`);
  await until(
    'a client that comes while it is closed, and is told so',
    async () => {
      if (statuses(watcher).at(-1)!.status !== 'market_closed') return false;
      const late = await client({ features: ['status'] });
      await late.subscribe('NSE', 'INFY', 1);
      await until('its status', () => statuses(late).length > 0);
      return told(late)[0] === 'market_closed: INFY';
    },
    40_000,
  );
  assert.deepEqual(new Set(statuses(watcher).map(({ status }) => status)), new Set(order));
  assert.equal(exchange.counters.connectionsAccepted, 1, 'a closed market is no reason to reconnect');
});
