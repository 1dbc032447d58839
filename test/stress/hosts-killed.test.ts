/**
 * Two feed hosts and three proxies as processes of their own, 30 clients of every kind, 2,000 topics, 1,000 ticks a second.
 * Each process is killed in turn, and links are cut: who is not concerned notices nothing, the others lose nothing that
 * they are not told of, the exchange carries exactly what is wished, and nothing is left behind in those that live on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetScene } from '../support/fleet-scene.ts';

test('hosts that are killed and links that are cut', async (t) => {
  const scene = await FleetScene.start(t);
  const { feeds, proxies, relays, shared } = scene;
  assert.equal(scene.clients.length, 30);
  assert.equal(
    new Set(feeds.flatMap((feed) => scene.wished(feed).map((pair) => feed.clientCode + pair))).size,
    2000,
  );

  // By the first fault of a kind all has been made that is made once: what is held before the next one is compared.
  for (const [i, proxy] of proxies.entries()) {
    await t.test(`proxy ${i} is killed`, () =>
      scene.suffer({
        concerned: (client) => client.proxy === proxy,
        reasons: ['restart'],
        strike: async () => {
          await scene.killProxy(proxy);
          await scene.untilCarried();
        },
        recover: async () => {
          await proxy.startAgain();
          await scene.connectClients(proxy);
        },
        survivors: [...feeds, ...proxies.filter((each) => each !== proxy)],
        isMeasured: i > 0,
      }),
    );
  }

  for (const [i, feed] of [...feeds, feeds[0]!].entries()) {
    await t.test(`feed host ${feed.clientCode} is killed${i < feeds.length ? '' : ' again'}`, () =>
      scene.suffer({
        concerned: (client) => client.feed === feed,
        reasons: ['restart'],
        strike: () => feed.process.kill(),
        recover: () => feed.startAgain(),
        survivors: [...proxies, ...feeds.filter((each) => each !== feed)],
        isMeasured: i > 0,
      }),
    );
  }

  const links = [
    [0, 0],
    [1, 1],
    [2, 0],
    [0, 1],
  ] as const;
  for (const [i, [p, f]] of links.entries()) {
    const [relay, feed] = [relays[p]![f]!, feeds[f]!];
    // Nothing passes and nobody is told, or both sides are.
    const isHalfOpen = i % 2 === 1;
    await t.test(
      `the link between proxy ${p} and feed host ${f} ${isHalfOpen ? 'stands still' : 'is cut'}`,
      () =>
        scene.suffer({
          concerned: (client) => client.proxy === proxies[p] && client.feed === feed,
          // What nobody else holds has ended at the exchange meanwhile, and begins anew.
          reasons: ['lost', 'restart'],
          strike: async () => {
            const lost = scene.clients.filter(
              (client) => client.proxy === proxies[p] && client.feed === feed,
            );
            if (isHalfOpen) relay.hold(true);
            else relay.cut();
            await scene.untilSilent(lost);
            await shared.untilCarried(feed, scene.wished(feed, proxies[p]));
          },
          recover: () => relay.restore(),
          survivors: [...proxies, ...feeds],
          isMeasured: i > 1,
        }),
    );
  }

  await t.test('the last client leaves, and the exchange carries nothing', async () => {
    for (const { ledger } of scene.clients) ledger.client.socket.close();
    for (const feed of feeds) await shared.untilCarried(feed, []);
  });
});
