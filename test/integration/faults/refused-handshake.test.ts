/** A broker that does not let the connection in: for now, or with these tokens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultScene, NEW_LOGIN } from '../../support/fault-scene.ts';
import { until } from '../../support/until.ts';

for (const status of [500, 418]) {
  test(`a handshake that is answered ${status} is tried again until it is not`, async (t) => {
    const scene = await FaultScene.start(t);
    scene.exchange.refuseNext({ status }, 2);
    scene.exchange.dropAll();
    await until('a new connection', () => scene.exchange.counters.connectionsAccepted === 2);
    await scene.assertRecovered({ outages: 1 });
    assert.equal(scene.exchange.counters.connectionsRefused, 2);
  });
}

test('a hundred attempts that fail in a row are one outage, and the next one succeeds', async (t) => {
  const scene = await FaultScene.start(t, { flags: ['--reconnect-initial-ms=5', '--reconnect-max-ms=5'] });
  scene.exchange.refuseNext({ status: 500 }, 100);
  scene.exchange.dropAll();
  await until('a new connection', () => scene.exchange.counters.connectionsAccepted === 2);
  await scene.assertRecovered({ outages: 1 });
  assert.equal(scene.exchange.counters.connectionsRefused, 100);
});

test('while a dead socket holds the only slot (429) the connection waits for it, and comes back when it is free', async (t) => {
  const flags = ['--feed-ping-interval=0.05', '--feed-dead-after=0.3'];
  const scene = await FaultScene.start(t, { flags, exchange: { maxConnections: 1 } });
  const [dead] = scene.exchange.connections;
  dead!.hang();
  await until('some refusals', () => scene.exchange.counters.connectionsRefused >= 3);
  const [feed] = scene.fixture.engine.feeds;
  assert.equal(feed!.state, 'reconnecting');
  assert.match(feed!.detail, /HTTP 429 .*Connection Limit Exceeded.*waits for a free slot/);
  dead!.hang(false);
  await until('a new connection', () => scene.exchange.counters.connectionsAccepted === 2);
  await scene.assertRecovered({ outages: 1 });
});

for (const status of [401, 403]) {
  test(`tokens that are answered ${status} are not tried again; new ones are, at once`, async (t) => {
    const scene = await FaultScene.start(t);
    const { exchange } = scene;
    exchange.refuseNext({ status });
    exchange.dropAll();
    await scene.untilTold('session_expired');
    assert.match(scene.fixture.engine.feeds[0]!.detail, new RegExp(`HTTP ${status}`));
    const since = performance.now();
    await until('twice the wait', () => performance.now() - since > 1000);
    assert.equal(exchange.counters.connectionsRefused, 1);
    exchange.acceptCredentials(NEW_LOGIN);
    scene.logIn(NEW_LOGIN);
    await until('a new connection', () => exchange.counters.connectionsAccepted === 2);
    const statuses = ['live', 'recovering', 'session_expired', 'connecting?', 'live'];
    await scene.assertRecovered({ outages: 1, statuses });
    assert.equal(exchange.counters.connectionsRefused, 1);
  });
}
