/**
 * What a feed handler leaves behind in the event loop of its thread. It runs in the test's own thread here: nobody can look
 * into that of a feed worker from outside.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../../src/codec/tick.ts';
import { SimulatedExchange } from '../../../src/main/simulator/simulated-exchange.ts';
import {
  feedHandlerScene,
  instrumentsNumbered,
  SCENE_CREDENTIALS,
  wishesFor,
} from '../../support/feed-handler-scene.ts';
import { openHandles, untilHandlesAreBack } from '../../support/open-handles.ts';
import { until } from '../../support/until.ts';

test('after a hundred lost connections of every kind no timer and no socket is left in the thread of the feed', async (t) => {
  const exchange = new SimulatedExchange({ ticksPerSecond: 0, credentials: SCENE_CREDENTIALS });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  const options = {
    pingIntervalMs: 20,
    deadAfterMs: 150,
    backoffInitialMs: 2,
    backoffMaxMs: 2,
    slotWaitMinMs: 2,
    slotWaitMaxMs: 2,
  };
  const { handler, untilLive, reportsOf } = feedHandlerScene(t, url, { options });
  const isCarried = () => exchange.connections.at(-1)?.subscriptions.length === 3;
  const before = openHandles();
  handler.start();
  handler.subscribe(wishesFor(instrumentsNumbered(3), MODE.QUOTE), 1);
  await untilLive();
  await until('the subscriptions', isCarried);
  const live = openHandles();
  const faults: readonly (() => void)[] = [
    () => exchange.dropAll(),
    () => exchange.connections[0]!.socket.close(1001),
    () => handler.reconnect('to see what is left'),
    () => handler.renew({ ...SCENE_CREDENTIALS }),
    () => {
      for (const status of [500, 429]) exchange.refuseNext({ status });
      exchange.dropAll();
    },
    () => {
      handler.suspend('no session');
      handler.renew(SCENE_CREDENTIALS);
    },
  ];
  for (let round = 0; round < 100; round++) {
    const accepted = exchange.counters.connectionsAccepted;
    faults[round % faults.length]!();
    await until('a new connection with everything', () => {
      const { counters, connections } = exchange;
      return counters.connectionsAccepted > accepted && connections.length === 1 && isCarried();
    });
    assert.equal(exchange.counters.connectionsAccepted, accepted + 1);
  }
  // Half-open: the exchange has to notice the end of its side too.
  const [dead] = exchange.connections;
  dead!.hang();
  await until('a second connection', () => exchange.connections.length === 2 && isCarried());
  dead!.hang(false);
  await untilLive();
  await untilHandlesAreBack(live);
  assert.equal(reportsOf('state').filter(({ state }) => state === 'live').length, 102);
  await handler.stop();
  await until('the end of the connection', () => exchange.connections.length === 0);
  await untilHandlesAreBack(before);
});
