/** Messages that ZeroMQ loses on their way to a proxy: none of it is silent, and all of it heals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../../src/codec/tick.ts';
import { formatTopic } from '../../../src/codec/topic.ts';
import { BusRelay } from '../../support/bus-relay.ts';
import { EVERY_TICK } from '../../support/every-tick.ts';
import { FeedHost } from '../../support/feed-host.ts';
import { ProxyHost } from '../../support/proxy-host.ts';
import { SharedExchange } from '../../support/shared-exchange.ts';
import { TickLedger } from '../../support/tick-ledger.ts';
import { until } from '../../support/until.ts';

const TOPIC = formatTopic({ broker: 'angel', exchange: 'NSE', symbol: 'RELIANCE' }, MODE.QUOTE);

test('ticks that are lost on the way to a proxy', async (t) => {
  const shared = await SharedExchange.listen(t);
  const { exchange } = shared;
  const feed = await FeedHost.start(t, { upstreamUrl: shared.url, clientCode: 'A' });
  const relay = await BusRelay.listen(t, feed.port);
  const [far, near] = await Promise.all([
    ProxyHost.start(t, { feeds: [[relay.endpoint]] }),
    ProxyHost.start(t, { feeds: [[feed.endpoint]] }),
  ]);
  const [watcher, plain, other] = [
    new TickLedger(await far.client(feed.key, { features: ['sequence'] }), 'watcher'),
    new TickLedger(await far.client(feed.key), 'plain'),
    new TickLedger(await near.client(feed.key, { features: ['sequence'] }), 'other'),
  ];
  const all = [watcher, plain, other];
  for (const { client } of all) assert.equal((await client.subscribe('NSE', 'RELIANCE')).status, 'success');
  const seen = (ledger: TickLedger) => {
    ledger.read();
    return ledger.of('RELIANCE');
  };
  /** Until the other proxy's client has had so many ticks more: what is lost on the one way came on the other. */
  const step = async (count: number) => {
    const from = seen(other)?.seq ?? 0;
    exchange.step(count);
    await until('the ticks at the other proxy', () => (seen(other)?.seq ?? 0) >= from + count);
  };
  const untilEqual = () =>
    until('the same last tick at all', () => {
      const [first, ...rest] = all.map((ledger) => seen(ledger));
      return rest.every((each) => each?.receiveTime === first?.receiveTime && each?.volume === first?.volume);
    });
  // A client without snapshots that subscribes behind another's first tick waits for the next one.
  shared.trade(1);
  await until('the first tick', () => all.every((ledger) => seen(ledger) !== undefined));
  shared.trade(0);
  await step(10);
  await untilEqual();

  await t.test('the last tick before a silence comes late, once, when it was lost', async () => {
    const { seq } = seen(watcher)!;
    const ticks = seen(plain)!.ticks;
    relay.drops = (topic) => topic === TOPIC && relay.dropped.length < 1;
    await step(1);
    await until('the repeated tick', () => seen(watcher)!.seq === seq + 1);
    await untilEqual();
    assert.deepEqual(relay.dropped, [TOPIC]);
    assert.equal(seen(plain)!.ticks, ticks + 1);
    assert.deepEqual(watcher.gaps, [], 'nothing is missing');
    await step(1);
    await untilEqual();
    assert.equal(seen(plain)!.ticks, ticks + 2);
  });

  await t.test(
    'of several lost ticks the last one comes late, behind the number of those that are missing',
    async () => {
      relay.dropped.splice(0);
      relay.drops = (topic) => topic === TOPIC && relay.dropped.length < 3;
      for (let i = 0; i < 3; i++) await step(1);
      await untilEqual();
      assert.deepEqual(
        watcher.gaps.map(({ reason, missed }) => [reason, missed]),
        [['lost', 2]],
      );
      assert.deepEqual(other.gaps, []);
    },
  );

  await t.test('lost ticks of an instrument that goes on are announced with the next one', async () => {
    relay.dropped.splice(0);
    relay.drops = (topic) => topic === TOPIC && relay.dropped.length < 1;
    await step(1);
    await step(1);
    await untilEqual();
    assert.deepEqual(
      watcher.gaps.slice(1).map(({ reason, missed }) => [reason, missed]),
      [['lost', 1]],
    );
    assert.deepEqual(other.gaps, []);
  });
});

test('a proxy that stands still past the high-water marks is told what it lost, and nobody else loses a tick', async (t) => {
  const shared = await SharedExchange.listen(t);
  // Heartbeats that outlast the standstill: the connection stays, and what is above the marks is dropped.
  const patient = ['--bus-heartbeat=10'];
  // What waited in the network comes in one burst, in which no client is to be cut off, or sent the latest ticks alone.
  const generous = [...patient, ...EVERY_TICK];
  const feed = await FeedHost.start(t, {
    upstreamUrl: shared.url,
    clientCode: 'A',
    flags: ['--bus-send-hwm=250', ...patient],
  });
  const [slow, quick] = await Promise.all([
    ProxyHost.start(t, { feeds: [[feed.endpoint]], flags: ['--bus-receive-hwm=250', ...generous] }),
    ProxyHost.start(t, { feeds: [[feed.endpoint]], flags: generous }),
  ]);
  const [lossy, plain, whole] = [
    new TickLedger(await slow.client(feed.key, { features: ['sequence'] }), 'lossy'),
    new TickLedger(await slow.client(feed.key), 'plain'),
    new TickLedger(await quick.client(feed.key, { features: ['sequence'], framing: 'msgpack' }), 'whole'),
  ];
  const all = [lossy, plain, whole];
  const symbols = ['RELIANCE', 'INFY', 'TCS', 'SBIN'];
  for (const { client } of all) {
    for (const symbol of symbols) await client.subscribe('NSE', symbol, 3);
  }
  const total = (ledger: TickLedger) => {
    ledger.read();
    return ledger.ticks;
  };
  const volume = (ledger: TickLedger, symbol: string) => {
    ledger.read();
    return ledger.of(symbol)?.volume;
  };
  const untilEqual = () =>
    until('the last values at all', () =>
      symbols.every((symbol) => {
        const [first, ...rest] = all.map((ledger) => volume(ledger, symbol));
        return first !== undefined && rest.every((each) => each === first);
      }),
    );
  // A client without snapshots that subscribes behind another's first tick waits for the next one.
  shared.trade(symbols.length);
  await until('first ticks', () =>
    all.every((ledger) => symbols.every((symbol) => volume(ledger, symbol) !== undefined)),
  );
  shared.trade(0);
  await untilEqual();
  const before = new Map(
    all.map((ledger) => [ledger, symbols.map((symbol) => ledger.of(symbol)!.ticks)] as const),
  );
  const ticksSince = (ledger: TickLedger, symbol: string) =>
    ledger.of(symbol)!.ticks - before.get(ledger)![symbols.indexOf(symbol)]!;
  slow.process.standStill(true);
  t.after(() => slow.process.standStill(false));
  // Each portion has fewer ticks than the marks have room for messages: the quick proxy never reaches them.
  for (let sent = 0; sent < 40_000; sent += 100) {
    const from = total(whole);
    shared.exchange.step(100);
    await until('the ticks at the quick proxy', () => total(whole) >= from + 100);
  }
  slow.process.standStill(false);
  await untilEqual();
  for (const { client } of all) assert.equal(client.closed, null);
  assert.deepEqual(whole.gaps, []);
  for (const symbol of symbols) {
    const gaps = lossy.of(symbol)!.gaps;
    assert.ok(gaps.length > 0, `${symbol}: nothing was lost; the marks were not reached`);
    const missed = gaps.reduce((sum, gap) => sum + Number(gap.missed), 0);
    assert.equal(
      ticksSince(lossy, symbol) + missed,
      ticksSince(whole, symbol),
      `${symbol}: every tick or announced`,
    );
    assert.equal(ticksSince(plain, symbol), ticksSince(lossy, symbol), symbol);
  }
});
