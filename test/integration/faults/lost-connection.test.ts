/** The socket to the broker is lost: by a reset, a close, a host that is gone, or without a word. */
import { test } from 'node:test';
import { FaultScene, INSTRUMENTS } from '../../support/fault-scene.ts';
import { exchangeAgain } from '../../support/feed-scene.ts';
import { until } from '../../support/until.ts';
import { untilUpstream } from '../../support/upstream-subscriptions.ts';

test('after a reset everything is back on one new connection, and the gap is told', async (t) => {
  const scene = await FaultScene.start(t);
  scene.exchange.dropAll();
  await scene.assertRecovered({ outages: 1 });
});

test('after a close by the broker everything is back on one new connection, and the gap is told', async (t) => {
  const scene = await FaultScene.start(t);
  const [connection] = scene.exchange.connections;
  connection!.socket.close(1001, 'maintenance');
  await until('the close', () => !scene.exchange.connections.includes(connection!));
  await scene.assertRecovered({ outages: 1 });
});

test('a half-open socket, which nobody closes and nobody answers on, is left for a new one', async (t) => {
  const flags = ['--feed-ping-interval=0.05', '--feed-dead-after=0.3'];
  const scene = await FaultScene.start(t, { flags });
  const [dead] = scene.exchange.connections;
  dead!.hang();
  await until('a second connection', () => scene.exchange.connections.length === 2);
  // The exchange, too, notices at some time.
  dead!.hang(false);
  await scene.assertRecovered({ outages: 1 });
});

test('a tick that breaks off in the middle with its connection is no tick', async (t) => {
  const scene = await FaultScene.start(t, { throughGate: true });
  const { exchange, gate } = scene;
  const [connection] = exchange.connections;
  const before = exchange.counters.framesSent;
  gate!.cutNextAfter(100);
  exchange.step();
  const swallowed = exchange.counters.framesSent - before;
  await until('the end of the connection', () => !exchange.connections.includes(connection!));
  await scene.assertRecovered({ outages: 1, swallowed });
});

test('an exchange that is gone for a while is found again on its address', async (t) => {
  const scene = await FaultScene.start(t);
  await scene.exchange.close();
  await scene.untilFeedIs('reconnecting');
  scene.replaceExchange(await exchangeAgain(t, scene.fixture));
  await scene.assertRecovered({ outages: 1 });
});

test('a connection that is lost in the middle of a change of mode carries the wanted mode alone on the next one', async (t) => {
  const scene = await FaultScene.start(t);
  const { exchange, fixture } = scene;
  const third = await fixture.client();
  const wanted = (mode: number) => [
    ...INSTRUMENTS.map(({ segment, token }) => `${segment}:${token}:3`),
    `1:3045:${mode}`,
  ];
  const before = exchange.counters;
  await third.subscribe('NSE', 'SBIN', 1);
  await untilUpstream(exchange, wanted(1));
  await third.subscribe('NSE', 'SBIN', 3);
  exchange.dropAll();
  await untilUpstream(exchange, wanted(3));
  await third.ask({ action: 'unsubscribe', symbol: 'SBIN', exchange: 'NSE', mode: 3 });
  await untilUpstream(exchange, wanted(1));
  third.terminate();
  await until('the end of its subscription', () => {
    return exchange.connections[0]!.subscriptions.length === INSTRUMENTS.length;
  });
  const { framesSent, requests } = exchange.counters;
  await scene.assertRecovered({
    outages: 1,
    // All were of the third client's instrument but the images of the new connection.
    swallowed: framesSent - before.framesSent - INSTRUMENTS.length,
    requests: [requests - before.requests],
  });
});
