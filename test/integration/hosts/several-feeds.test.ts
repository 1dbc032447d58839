/** One proxy, several feed hosts: users of each, and hosts that stand by for one another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusRelay } from '../../support/bus-relay.ts';
import { FeedHost } from '../../support/feed-host.ts';
import { ProxyHost } from '../../support/proxy-host.ts';
import { SharedExchange } from '../../support/shared-exchange.ts';
import { TickLedger } from '../../support/tick-ledger.ts';
import { until } from '../../support/until.ts';

const PAIR = '1:2885:2';

test('users of two feeds, both named demo, get the ticks of their own account only, and lose none with the other’s host', async (t) => {
  const shared = await SharedExchange.listen(t);
  const [a, b] = await Promise.all(
    ['A', 'B'].map((clientCode) => FeedHost.start(t, { upstreamUrl: shared.url, clientCode })),
  );
  const proxy = await ProxyHost.start(t, { feeds: [[a!.endpoint], [b!.endpoint]] });
  const open = async ({ key }: FeedHost, name: string) =>
    new TickLedger(await proxy.client(key, { features: ['sequence', 'status'] }), name);
  const [alice, bob] = [await open(a!, 'alice'), await open(b!, 'bob')];
  await alice.client.subscribe('NSE', 'RELIANCE', 2);
  await shared.untilCarried(a!, [PAIR]);
  await shared.untilCarried(b!, []);
  await bob.client.subscribe('NSE', 'RELIANCE', 2);
  await bob.client.subscribe('NSE', 'INFY', 3);
  await shared.untilCarried(b!, [PAIR, '1:1594:3']);
  await shared.untilCarried(a!, [PAIR]);
  const untilFresh = async (ledger: TickLedger) => {
    const from = Date.now();
    await until('a fresh tick', () => {
      shared.exchange.step(4);
      ledger.read();
      return (ledger.of('RELIANCE')?.receiveTime ?? 0) >= from;
    });
  };
  for (const each of [alice, bob]) await untilFresh(each);
  const statuses = (ledger: TickLedger) => {
    ledger.read();
    return ledger.others.filter(({ type }) => type === 'feed_status').map(({ status }) => status);
  };
  await until('both live', () => [alice, bob].every((each) => statuses(each).at(-1) === 'live'));
  bob.others.splice(0);
  await a!.process.kill();
  await until("alice's status", () => statuses(alice).at(-1) === 'recovering');
  await untilFresh(bob);
  assert.deepEqual(statuses(bob), []);
  assert.deepEqual(bob.gaps, []);
  await a!.startAgain();
  await untilFresh(alice);
  await shared.untilCarried(a!, [PAIR]);
  await until("alice's status", () => statuses(alice).at(-1) === 'live');
  bob.client.terminate();
  await shared.untilCarried(b!, []);
  await shared.untilCarried(a!, [PAIR]);
});

test('a host that stands by takes over within seconds, and no tick comes twice or too late', async (t) => {
  const shared = await SharedExchange.listen(t);
  const first = await FeedHost.start(t, { upstreamUrl: shared.url, clientCode: 'A' });
  const second = await FeedHost.start(t, { upstreamUrl: shared.url, clientCode: 'B', like: first });
  const hosts = [first, second];
  const relays = await Promise.all(hosts.map(({ port }) => BusRelay.listen(t, port)));
  const proxy = await ProxyHost.start(t, { feeds: [relays.map(({ endpoint }) => endpoint)] });
  await proxy.untilUp(2);
  const watcher = new TickLedger(
    await proxy.client(first.key, { features: ['sequence', 'status', 'stamps'] }),
    'watcher',
  );
  const plain = new TickLedger(await proxy.client(first.key, { framing: 'msgpack' }), 'plain');
  const all = [watcher, plain];
  for (const { client } of all) await client.subscribe('NSE', 'RELIANCE', 2);
  for (const host of hosts) await shared.untilCarried(host, [PAIR]);
  shared.trade(2);
  const read = () => {
    for (const ledger of all) ledger.read();
  };
  const untilFresh = async () => {
    const from = Date.now();
    await until('fresh ticks at both', () => {
      read();
      return all.every((ledger) => (ledger.of('RELIANCE')?.receiveTime ?? 0) >= from);
    });
  };
  /**
   * The host whose ticks come: at the start the one that is live first, then the one that the last switch names. A switch
   * to a host whose own end is not known yet may not be told by itself, since a status is told once a second at most: then
   * it is the one that is said to be away.
   */
  const followed = () => {
    read();
    const named = watcher.others.flatMap(
      ({ reason }) => /(?:switched from \S+ to|the feed host) (tcp:\S+)/.exec(String(reason))?.[1] ?? [],
    );
    return Math.max(
      0,
      relays.findIndex(({ endpoint }) => endpoint === named.at(-1)),
    );
  };
  const untilFollowed = (host: number) => until(`ticks of host ${host}`, () => followed() === host);
  /** Plays a fault of the host that is followed. @returns that host */
  const untilSwitched = async (fault: (host: number) => unknown) => {
    const host = followed();
    const gaps = watcher.gaps.length;
    const { epoch } = watcher.of('RELIANCE')!;
    const from = performance.now();
    await fault(host);
    await untilFollowed(1 - host);
    await untilFresh();
    assert.ok(performance.now() - from < 3000, `it took ${performance.now() - from} ms`);
    assert.ok(watcher.of('RELIANCE')!.epoch > epoch);
    assert.deepEqual(
      watcher.gaps.slice(gaps).map(({ reason }) => reason),
      ['restart'],
    );
    return host;
  };
  const untilLive = async (host: number) => {
    await shared.untilCarried(hosts[host]!, [PAIR]);
    await untilFresh();
  };
  await untilFresh();
  await until('a live feed', () => {
    read();
    return watcher.others.some(({ status }) => status === 'live');
  });

  await t.test('when the host that is followed is killed', async () => {
    const killed = await untilSwitched((host) => hosts[host]!.process.kill());
    await hosts[killed]!.startAgain();
    await untilLive(killed);
    assert.equal(followed(), 1 - killed, 'there is no way back for its own sake');
  });

  await t.test('when its exchange takes it no more', async () => {
    const refused = await untilSwitched((host) => {
      shared.exchange.refuseAll({ status: 500 });
      for (const { clientCode, socket } of shared.exchange.connections) {
        if (clientCode === hosts[host]!.clientCode) socket.terminate();
      }
    });
    shared.exchange.refuseAll(null);
    await untilLive(refused);
  });

  await t.test('when the network to it stands still', async () => {
    const cutOff = await untilSwitched((host) => relays[host]!.hold(true));
    relays[cutOff]!.restore();
    await untilLive(cutOff);
  });

  await t.test(
    'and when it is gone before the other one is back, the ticks go on with whoever is first',
    async () => {
      const gone = followed();
      await hosts[1 - gone]!.process.kill();
      await hosts[gone]!.process.kill();
      await until('word of it', () => {
        read();
        return watcher.others.at(-1)?.status === 'recovering';
      });
      await hosts[1 - gone]!.startAgain();
      await untilFollowed(1 - gone);
      await untilFresh();
      await hosts[gone]!.startAgain();
      await untilLive(gone);
    },
  );

  shared.trade(0);
  assert.ok(plain.others.every(({ type }) => type === 'auth' || type === 'subscribe'));
  for (const { client } of all) assert.equal(client.closed, null);
  for (const { client } of all) client.terminate();
  for (const host of hosts) await shared.untilCarried(host, []);
});
