/** Tokens end with the night: OpenAlgo revokes the session at 03:00 and the broker forgets it; a new login follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultScene, NEW_LOGIN } from '../../support/fault-scene.ts';
import { until } from '../../support/until.ts';

test('a session that is revoked at 03:00 ends the connection without another attempt; the next login brings it back', async (t) => {
  const scene = await FaultScene.start(t);
  const { exchange } = scene;
  scene.revokeSession();
  await scene.untilTold('session_expired');
  await until('the close of the socket', () => exchange.connections.length === 0);
  exchange.acceptCredentials(NEW_LOGIN);
  scene.logIn(NEW_LOGIN);
  await scene.assertRecovered({ outages: 1, statuses: ['live', 'session_expired', 'connecting?', 'live'] });
  assert.deepEqual([exchange.counters.connectionsAccepted, exchange.counters.connectionsRefused], [2, 0]);
});

test('a broker that cuts the connection at its own midnight is asked once with the old tokens, then with new ones', async (t) => {
  const scene = await FaultScene.start(t);
  const { exchange } = scene;
  exchange.acceptCredentials(NEW_LOGIN);
  exchange.dropAll();
  await scene.untilTold('session_expired');
  scene.revokeSession();
  const [feed] = scene.fixture.engine.feeds;
  await until('a session that has ended', () => /No broker configuration/.test(feed!.detail));
  scene.logIn(NEW_LOGIN);
  await scene.assertRecovered({
    outages: 1,
    statuses: ['live', 'recovering', 'session_expired', 'connecting?', 'live'],
  });
  assert.deepEqual([exchange.counters.connectionsAccepted, exchange.counters.connectionsRefused], [2, 1]);
});

test('a login while the old tokens are still good moves the connection to the new ones', async (t) => {
  const scene = await FaultScene.start(t);
  const { exchange } = scene;
  const [old] = exchange.connections;
  exchange.acceptCredentials(NEW_LOGIN);
  scene.logIn(NEW_LOGIN);
  await until('the end of the old connection', () => !exchange.connections.includes(old!));
  await scene.assertRecovered({ outages: 1, statuses: ['live', 'connecting?', 'live?'] });
  assert.deepEqual([exchange.counters.connectionsAccepted, exchange.counters.connectionsRefused], [2, 0]);
});
