/** Faults that come while the connection is busy with something else: each state of its life is interrupted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultScene, NEW_LOGIN } from '../../support/fault-scene.ts';
import { exchangeAgain } from '../../support/feed-scene.ts';
import { until } from '../../support/until.ts';

const NEWEST_LOGIN = { ...NEW_LOGIN, authToken: 'AUTH.NEWEST', feedToken: 'FEED.NEWEST' };
const gated = { throughGate: true };

/** New tokens, and a network that answers no handshake with them. */
async function loseNetworkAtLogin(scene: FaultScene): Promise<void> {
  scene.gate!.hold(true);
  scene.exchange.acceptCredentials(NEW_LOGIN);
  scene.logIn(NEW_LOGIN);
  await until('a handshake that waits', () => scene.gate!.waiting === 1);
}

test('connecting: a handshake that is reset is tried again', async (t) => {
  const scene = await FaultScene.start(t, gated);
  await loseNetworkAtLogin(scene);
  await scene.untilTold('connecting');
  scene.gate!.reset();
  await until('another handshake', () => scene.gate!.waiting === 1);
  await scene.untilTold('recovering');
  scene.gate!.hold(false);
  await scene.assertRecovered({ outages: 1, statuses: ['live', 'connecting', 'recovering', 'live'] });
});

test('connecting: a handshake that nobody answers is given up and tried again', async (t) => {
  const scene = await FaultScene.start(t, { ...gated, flags: ['--handshake-timeout=200ms'] });
  await loseNetworkAtLogin(scene);
  const accepted = scene.gate!.accepted;
  await until('more handshakes', () => scene.gate!.accepted > accepted + 2);
  assert.equal(scene.gate!.waiting, 1, 'never two at once');
  await scene.untilTold('recovering');
  scene.gate!.hold(false);
  await scene.assertRecovered({ outages: 1, statuses: ['live', 'connecting?', 'recovering', 'live'] });
});

test('connecting: of two logins in a row the newest tokens count', async (t) => {
  const scene = await FaultScene.start(t, gated);
  await loseNetworkAtLogin(scene);
  await scene.untilTold('connecting');
  const accepted = scene.gate!.accepted;
  scene.exchange.acceptCredentials(NEWEST_LOGIN);
  scene.logIn(NEWEST_LOGIN);
  await until('a handshake with them', () => scene.gate!.accepted > accepted);
  scene.gate!.hold(false);
  await scene.assertRecovered({ outages: 1, statuses: ['live', 'connecting', 'live'] });
  assert.equal(scene.exchange.counters.connectionsRefused, 0);
});

test('connecting: a session that is revoked ends the attempt; the next login brings the feed back', async (t) => {
  const scene = await FaultScene.start(t, gated);
  await loseNetworkAtLogin(scene);
  await scene.untilTold('connecting');
  scene.revokeSession();
  await scene.untilTold('session_expired');
  await until('the end of the attempt', () => scene.gate!.waiting === 0);
  const accepted = scene.gate!.accepted;
  scene.gate!.hold(false);
  scene.exchange.acceptCredentials(NEWEST_LOGIN);
  scene.logIn(NEWEST_LOGIN);
  await scene.assertRecovered({
    outages: 1,
    statuses: ['live', 'connecting', 'session_expired', 'connecting?', 'live'],
  });
  assert.equal(scene.gate!.accepted, accepted + 1);
});

test('live: new tokens and a reset in the same moment bring one new connection', async (t) => {
  const scene = await FaultScene.start(t, gated);
  scene.exchange.acceptCredentials(NEW_LOGIN);
  scene.logIn(NEW_LOGIN);
  scene.gate!.reset();
  await until('a new connection', () => scene.exchange.counters.connectionsAccepted > 1);
  await scene.assertRecovered({
    outages: 1,
    statuses: ['live', 'recovering?', 'session_expired?', 'connecting?', 'live?'],
  });
  assert.equal(scene.exchange.counters.connectionsAccepted, 2);
});

test('reconnecting: fault after fault, each of another kind, ends in one connection', async (t) => {
  const scene = await FaultScene.start(t, { ...gated, flags: ['--handshake-timeout=200ms'] });
  const { exchange, gate } = scene;
  exchange.refuseNext({ status: 500 });
  exchange.refuseAll({ status: 429 });
  exchange.dropAll();
  await until('two refusals', () => exchange.counters.connectionsRefused >= 2);
  gate!.hold(true);
  exchange.refuseAll(null);
  const accepted = gate!.accepted;
  await until('two handshakes without an answer', () => gate!.accepted > accepted + 1);
  gate!.reset();
  gate!.hold(false);
  await scene.untilTold('live');
  await scene.trade();
  exchange.dropAll();
  await until('a new connection', () => exchange.connections.length === 1);
  await scene.assertRecovered({
    outages: 2,
    statuses: ['live', 'recovering', 'live', 'recovering?', 'live?'],
  });
});

test('reconnecting: new tokens end a long wait at once', async (t) => {
  const scene = await FaultScene.start(t, {
    flags: ['--reconnect-initial-ms=60000', '--reconnect-max-ms=60000'],
  });
  scene.exchange.dropAll();
  await scene.untilTold('recovering');
  scene.exchange.acceptCredentials(NEW_LOGIN);
  scene.logIn(NEW_LOGIN);
  await scene.assertRecovered({ outages: 1, statuses: ['live', 'recovering', 'connecting?', 'live'] });
});

test('reconnecting: a session that is revoked ends the attempts; the next login brings the feed back', async (t) => {
  const scene = await FaultScene.start(t);
  const { exchange } = scene;
  exchange.refuseAll({ status: 503 });
  exchange.dropAll();
  await until('an attempt', () => exchange.counters.connectionsRefused > 0);
  scene.revokeSession();
  await scene.untilTold('session_expired');
  exchange.refuseAll(null);
  exchange.acceptCredentials(NEW_LOGIN);
  scene.logIn(NEW_LOGIN);
  await scene.assertRecovered({
    outages: 1,
    statuses: ['live', 'recovering', 'session_expired', 'connecting?', 'live'],
  });
  assert.equal(exchange.counters.connectionsAccepted, 2);
});

test('refused: an exchange that goes and comes back is not asked with refused tokens', async (t) => {
  const scene = await FaultScene.start(t);
  scene.exchange.refuseNext({ status: 401 });
  scene.exchange.dropAll();
  await scene.untilTold('session_expired');
  await scene.exchange.close();
  const exchange = await exchangeAgain(t, scene.fixture, NEW_LOGIN);
  scene.replaceExchange(exchange);
  scene.logIn(NEW_LOGIN);
  await scene.assertRecovered({
    outages: 1,
    statuses: ['live', 'recovering', 'session_expired', 'connecting?', 'live'],
  });
  assert.deepEqual([exchange.counters.connectionsAccepted, exchange.counters.connectionsRefused], [1, 0]);
});
