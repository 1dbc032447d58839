/** The client library of TypeScript against the running engine, as a program uses it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectOptions } from '../../src/client/index.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { collect, openClient, readAll } from '../support/client-scene.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { NetworkGate } from '../support/network-gate.ts';
import { until } from '../support/until.ts';

/** Comes back quickly; an engine that stops within this process leaves sockets that nobody answers. */
const QUICK: Partial<ConnectOptions> = { reconnect: { initialMs: 20, maxMs: 200 }, times: { openMs: 1000 } };

test('a program reads typed ticks of each mode in both framings, and a refusal with its code', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  for (const framing of ['json', 'msgpack'] as const) {
    const { client, errors } = openClient(t, fixture.wsUrl, {
      ...QUICK,
      key: fixture.key,
      framing,
      features: ['sequence', 'snapshot', 'status', 'receipts', 'stamps'],
    });
    const ltp = collect(client.subscribe('NSE:RELIANCE', 'ltp'));
    const quote = collect(client.subscribe('NSE:RELIANCE', 'quote'));
    const depth = collect(client.subscribe('NSE:RELIANCE', 'depth'));
    await Promise.all([ltp, quote, depth].map(({ subscription }) => subscription.confirmed()));
    await assert.rejects(client.subscribe('NSE:NOPE', 'ltp').confirmed(), {
      code: 'SYMBOL_NOT_FOUND',
      instrument: 'NSE:NOPE',
    });
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['SYMBOL_NOT_FOUND'],
    );
    await until('ticks', () => fixture.exchange.step() ?? (depth.ticks.length > 2 && ltp.ticks.length > 2));
    const book = depth.ticks[2]!;
    const price = ltp.ticks.find(({ seq }) => seq === book.seq)!;
    const day = quote.ticks.find(({ seq }) => seq === book.seq)!;
    assert.deepEqual([price.seq, price.ltp], [day.seq, day.ltp]);
    assert.deepEqual([book.seq, book.ltp, book.volume], [day.seq, day.ltp, day.volume]);
    assert.deepEqual([book.levels, book.buy.length, book.sell.length], [5, 5, 5]);
    assert.ok(book.buy[0]!.price < book.sell[0]!.price && book.buy[0]!.quantity > 0);
    assert.ok(book.receivedAt <= Date.now() && book.receivedAt > Date.now() - 60_000);
    assert.ok(book.stamps!.receiveTime! <= book.stamps!.sendTime!);
    await until('the status', () => depth.subscription.staleReason === null);
    assert.equal(depth.subscription.last, depth.ticks.at(-1));
    client.close();
    assert.equal(depth.subscription.staleReason, 'disconnected');
  }
});

test('after a restart of the engine ticks come back by themselves, and the first one says that some are missing', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  const { client, sessions: news } = openClient(t, fixture.wsUrl, { ...QUICK, key: fixture.key });
  const { subscription, ticks, gaps } = collect(client.subscribe('NSE:RELIANCE', 'quote'));
  await subscription.confirmed();
  await until('ticks', () => fixture.exchange.step() ?? ticks.length > 3);
  await until('a fresh value', () => subscription.staleReason === null);
  await fixture.restart();
  await until('staleness', () => subscription.staleReason === 'disconnected');
  const before = ticks.length;
  await until('ticks', () => fixture.exchange.step() ?? ticks.length > before + 3);
  assert.deepEqual(
    news.map(({ status }) => status),
    ['unknown'],
  );
  assert.equal(gaps.length, 1);
  const gap = ticks[before]!.gap!;
  assert.deepEqual([gap.reason, gap.missed, gap.lastSeq], ['reconnected', null, ticks[before - 1]!.seq]);
  assert.ok(ticks.slice(before + 1).every((tick) => tick.gap === null));
});

for (const framing of ['json', 'msgpack'] as const) {
  test(`a network that breaks or swallows everything costs a program nothing but what it is told, in ${framing}`, async (t) => {
    const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
    const watcher = await fixture.client({ features: ['sequence'] });
    await watcher.subscribe('NSE', 'RELIANCE', 2);
    const gate = await NetworkGate.listen(t);
    gate.target = Number(new URL(fixture.wsUrl).port);
    const times = { openMs: 500, quietMs: 200, answerMs: 300 };
    const url = `ws://127.0.0.1:${gate.port}/`;
    const { client, sessions } = openClient(t, url, { ...QUICK, key: fixture.key, framing, times });
    const { subscription, ticks, gaps } = collect(client.subscribe('NSE:RELIANCE', 'quote'));
    await until('ticks', () => fixture.exchange.step() ?? ticks.length > 5);
    const breaks = [
      () => {
        gate.refuses = true;
        gate.reset();
      },
      () => gate.hold(true),
    ];
    for (const [i, breakIt] of breaks.entries()) {
      breakIt();
      await until('staleness', () => subscription.staleReason === 'disconnected');
      const from = watcher.ticks().length;
      await until(
        'ticks that are missed',
        () => fixture.exchange.step() ?? watcher.ticks().length > from + 4,
      );
      gate.refuses = false;
      gate.hold(false);
      await until('its return', () => sessions.length === i + 1);
      const before = ticks.length;
      await until('ticks', () => fixture.exchange.step() ?? ticks.length > before + 3);
      assert.equal(subscription.staleReason, null);
    }
    assert.deepEqual(
      sessions.map(({ status }) => status),
      ['resumed', 'resumed'],
    );
    // Whatever is no tick of the watcher's was told as missing, and nothing came twice.
    for (const [i, { seq, gap }] of ticks.entries()) {
      if (i > 0) assert.equal(seq! - ticks[i - 1]!.seq! - 1, gap?.missed ?? 0);
    }
    assert.equal(ticks.filter(({ gap }) => gap !== null).length, 2);
    assert.ok(gaps.every(({ missed }) => missed! > 0));
  });
}

test('a program outlives a drain of the engine: it comes back when the engine said, and an outage of the feed is told', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  const { client, states } = openClient(t, fixture.wsUrl, { ...QUICK, key: fixture.key });
  const { subscription, ticks, gaps, stale } = collect(client.subscribe('NSE:RELIANCE', 'depth'));
  await until('ticks', () => fixture.exchange.step() ?? ticks.length > 3);
  await until('freshness', () => subscription.staleReason === null);
  fixture.exchange.dropAll();
  await until('word of the outage', () => stale.includes('recovering'));
  const behind = await until(
    'the gap',
    () => fixture.exchange.step() ?? ticks.find(({ gap }) => gap !== null),
  );
  assert.deepEqual([behind.gap, gaps.length], [gaps[0], 1]);
  assert.deepEqual([gaps[0]!.reason, gaps[0]!.missed], ['outage', null]);
  await until('freshness', () => fixture.exchange.step() ?? subscription.staleReason === null);

  const away: unknown[] = [];
  client.on('goingAway', ({ reason }) => void away.push(reason));
  await fixture.engine.drain({ type: 'drain', reason: 'drain', spreadMs: 300 }, () => {});
  await until('the close', () => states.find(({ ended }) => ended?.code === 1001));
  const { ended, retryMs } = states.find((each) => each.ended?.code === 1001)!;
  const named = Number(/reconnect in (\d+) ms$/.exec(ended!.reason)?.[1]);
  // Nobody comes back sooner than after 50 ms.
  assert.deepEqual([away, retryMs], [['drain'], Math.max(50, named)]);
  const before = ticks.length;
  await fixture.restart();
  await until('ticks', () => fixture.exchange.step() ?? ticks.length > before);
  assert.equal(ticks[before]!.gap?.reason, 'reconnected');
});

test('what one program asks too fast is asked again until it is served, and a loop that never reads costs bounded memory', async (t) => {
  const flags = [alwaysOpen(t), '--requests-per-second=5', '--request-burst=4', '--max-batch=3'];
  const fixture = await startEngineFixture(t, { flags });
  const { client, errors } = openClient(t, fixture.wsUrl, { ...QUICK, key: fixture.key });
  const names = ['RELIANCE', 'INFY', 'TCS', 'SBIN'];
  const all = names.flatMap((name) => [
    client.subscribe(`NSE:${name}`, 'ltp'),
    client.subscribe(`NSE:${name}`, 'depth'),
  ]);
  await Promise.all(all.map((each) => each.confirmed()));
  assert.deepEqual(errors, []);
  const unread = client.subscribe('NSE:RELIANCE', 'quote', { buffer: 4 });
  await unread.confirmed();
  const counted = collect(client.subscribe('NSE:RELIANCE', 'quote')).ticks;
  await until('many ticks', () => fixture.exchange.step(10) ?? counted.length > 50);
  client.close();
  const read = await readAll(unread);
  assert.ok(read.length <= 4);
  assert.equal(read.at(-1)!.seq, counted.at(-1)!.seq);
  const stoodFor = read.reduce((sum, { receipt }) => sum + (receipt?.merged ?? 1), 0);
  assert.ok(stoodFor >= counted.length, `${stoodFor} of ${counted.length}`);
  assert.ok(read.some(({ receipt }) => receipt?.by === 'client'));
});
