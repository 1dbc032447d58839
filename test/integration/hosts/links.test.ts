/** The network between proxies and a feed host: what its faults cost, who is told, and what the exchange notices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusRelay } from '../../support/bus-relay.ts';
import { FeedHost } from '../../support/feed-host.ts';
import { ProxyHost } from '../../support/proxy-host.ts';
import { SharedExchange } from '../../support/shared-exchange.ts';
import { TickLedger } from '../../support/tick-ledger.ts';
import { until } from '../../support/until.ts';

const RELIANCE = { exchange: 'NSE', symbol: 'RELIANCE', pair: '1:2885' };
const INFY = { exchange: 'NSE', symbol: 'INFY', pair: '1:1594' };
const TCS = { exchange: 'NSE', symbol: 'TCS', pair: '1:11536' };

test('links between proxies and a feed host', async (t) => {
  const shared = await SharedExchange.listen(t);
  const { exchange } = shared;
  // Twice as long as it takes a proxy to come back after an attempt that failed.
  const flags = ['--bus-linger=2'];
  const feed = await FeedHost.start(t, { upstreamUrl: shared.url, clientCode: 'A', flags });
  const relay = await BusRelay.listen(t, feed.port);
  const [far, near] = await Promise.all([
    ProxyHost.start(t, { feeds: [[relay.endpoint]] }),
    ProxyHost.start(t, { feeds: [[feed.endpoint]] }),
  ]);
  const ledgerAt = async (host: ProxyHost, features: readonly string[]) =>
    new TickLedger(await host.client(feed.key, { features }), `${host === far ? 'far' : 'near'} ${features}`);
  const [watcher, plain, other] = [
    await ledgerAt(far, ['sequence', 'status']),
    await ledgerAt(far, []),
    await ledgerAt(near, ['sequence', 'status']),
  ];
  const all = [watcher, plain, other];
  const subscribe = async ({ client }: TickLedger, { exchange: name, symbol }: typeof RELIANCE, mode = 2) => {
    const answer = await client.subscribe(name, symbol, mode);
    assert.equal(answer.status, 'success', JSON.stringify(answer));
  };
  for (const each of all) await subscribe(each, RELIANCE);
  for (const each of [watcher, plain]) await subscribe(each, INFY);
  const both = [`${RELIANCE.pair}:2`, `${INFY.pair}:2`];
  await shared.untilCarried(feed, both);

  /** Lets both instruments tick until all have had a tick that came after the call. */
  const untilTicking = async (ledgers: readonly TickLedger[] = all) => {
    const from = Date.now();
    await until('fresh ticks', () => {
      exchange.step(2);
      return ledgers.every((ledger) => {
        ledger.read();
        return (ledger.of('RELIANCE')?.receiveTime ?? 0) >= from;
      });
    });
  };
  const statuses = (ledger: TickLedger) => {
    ledger.read();
    return ledger.others.filter(({ type }) => type === 'feed_status').map(({ status }) => status);
  };
  const untilStatus = (ledger: TickLedger, status: string) =>
    until(`status ${status}`, () => statuses(ledger).at(-1) === status);
  const forget = () => {
    for (const each of all) {
      each.read();
      each.others.splice(0);
    }
  };
  const gapsOf = (ledger: TickLedger) => ledger.gaps.length;
  await untilTicking();
  for (const each of [watcher, other]) await untilStatus(each, 'live');

  await t.test(
    'a link that is cut and comes back costs an announced gap behind it, and nobody else a tick',
    async () => {
      forget();
      const [before, beforeOther] = [gapsOf(watcher), gapsOf(other)];
      relay.cut();
      await untilStatus(watcher, 'recovering');
      // One missed tick would be healed by the last value, and nothing would be missing.
      const { seq = 0 } = other.of('RELIANCE') ?? {};
      await until('missed ticks', () => {
        exchange.step(2);
        other.read();
        return (other.of('RELIANCE')?.seq ?? 0) > seq + 1;
      });
      relay.restore();
      await untilStatus(watcher, 'live');
      await untilTicking();
      const gap = watcher.gaps.slice(before).find(({ symbol }) => symbol === 'RELIANCE');
      assert.equal(gap?.reason, 'lost', JSON.stringify(watcher.gaps.slice(before)));
      assert.equal(gapsOf(other), beforeOther);
      assert.deepEqual(statuses(other), []);
      assert.deepEqual(plain.others, [], 'who asked for nothing is told nothing');
      assert.match(JSON.stringify(watcher.others), new RegExp(relay.endpoint), 'the status names the host');
    },
  );

  await t.test('a proxy that comes back within the linger does not disturb the exchange', async () => {
    await shared.untilCarried(feed, both);
    const { requests } = exchange.counters;
    for (let round = 0; round < 2; round++) {
      const { accepted } = relay.bus;
      relay.cut();
      await until('an attempt that fails', () => relay.bus.accepted > accepted);
      relay.restore();
      await until('a link', () => relay.bus.open > 0);
      await untilTicking();
    }
    assert.deepEqual(shared.carried(feed), [...both].sort());
    assert.equal(exchange.counters.requests, requests);
  });

  await t.test('a link that stands still is noticed on both sides, and goes on by itself', async () => {
    forget();
    const before = gapsOf(other);
    relay.hold(true);
    await untilStatus(watcher, 'recovering');
    // What nobody else holds ends at the exchange: the feed host has found out that the proxy is not there.
    await shared.untilCarried(feed, [`${RELIANCE.pair}:2`]);
    await untilTicking([other]);
    relay.restore();
    await untilStatus(watcher, 'live');
    await shared.untilCarried(feed, both);
    await untilTicking();
    assert.equal(gapsOf(other), before);
  });

  await t.test(
    'a proxy that is killed behind a link that stands still leaves nothing at the exchange',
    async () => {
      const extra = await ProxyHost.start(t, { feeds: [[relay.endpoint]] });
      const doomed = new TickLedger(await extra.client(feed.key, { features: ['sequence'] }), 'doomed');
      await subscribe(doomed, TCS, 3);
      await shared.untilCarried(feed, [...both, `${TCS.pair}:3`]);
      relay.hold(true);
      await extra.process.kill();
      await shared.untilCarried(feed, [`${RELIANCE.pair}:2`]);
      relay.restore();
      await shared.untilCarried(feed, both);
      await untilTicking();
    },
  );

  await t.test(
    'a proxy that is killed leaves nothing at the exchange, and the others do not notice',
    async () => {
      const extra = await ProxyHost.start(t, { feeds: [[feed.endpoint]] });
      const doomed = new TickLedger(await extra.client(feed.key, { features: ['sequence'] }), 'doomed');
      await subscribe(doomed, TCS, 3);
      await subscribe(doomed, RELIANCE, 3);
      await shared.untilCarried(feed, [`${RELIANCE.pair}:3`, `${INFY.pair}:2`, `${TCS.pair}:3`]);
      await untilTicking([...all, doomed]);
      const before = all.map(gapsOf);
      await extra.process.kill();
      await shared.untilCarried(feed, both);
      await untilTicking();
      assert.deepEqual(all.map(gapsOf), before);
    },
  );

  await t.test('while the feed host is away clients stay, and read why nothing new can be had', async () => {
    forget();
    await feed.process.kill();
    await untilStatus(watcher, 'recovering');
    await untilStatus(other, 'recovering');
    for (const { client } of all) {
      assert.equal((await client.ask({ action: 'ping' })).message.type, 'pong');
    }
    // What the proxy holds already is confirmed; what it would have to ask for is not.
    const held = await plain.client.ask({
      action: 'subscribe',
      symbol: 'RELIANCE',
      exchange: 'NSE',
      mode: 1,
    });
    assert.equal(held.message.status, 'success', held.text);
    const fresh = await plain.client.ask({ action: 'subscribe', symbol: 'TCS', exchange: 'NSE', mode: 1 });
    assert.match(fresh.text, /"partial"/);
    assert.ok(fresh.text.includes(relay.endpoint), fresh.text);
    const late = await far.client(feed.key, { authenticate: false });
    const refused = await late.ask({ action: 'authenticate', api_key: feed.key });
    assert.equal(refused.message.status, 'error');
    assert.ok(refused.text.includes(relay.endpoint), refused.text);
  });

  await t.test('a feed host that starts again goes on in a new epoch, which is announced', async () => {
    const epochs = [watcher, other].map((each) => each.of('RELIANCE')!.epoch);
    const before = [watcher, other].map(gapsOf);
    await feed.startAgain();
    await shared.untilCarried(feed, both);
    await untilTicking();
    for (const [i, each] of [watcher, other].entries()) {
      assert.ok(each.of('RELIANCE')!.epoch > epochs[i]!);
      const gap = each.gaps.slice(before[i]).find(({ symbol }) => symbol === 'RELIANCE');
      assert.equal(gap?.reason, 'restart');
      await untilStatus(each, 'live');
    }
    const late = await far.client(feed.key);
    assert.equal((await late.subscribe('NSE', 'TCS', 1)).status, 'success');
    for (const { client } of all) assert.equal(client.closed, null);
    late.terminate();
    await shared.untilCarried(feed, both);
  });
});
