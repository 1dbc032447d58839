/** New connections that come together are begun with a few at a time. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resetSocket } from '../../src/main/simulator/reset-socket.ts';
import { AcceptPace } from '../../src/workers/proxy/connection/accept-pace.ts';
import { firstLine, ListenerScene, UPGRADE } from '../support/listener-scene.ts';
import { until } from '../support/until.ts';

const MANY = 300;

/** Sockets that say what is done with them. */
function fakeSockets(count: number) {
  const read: number[] = [];
  const sockets = Array.from({ length: count }, (_, i) => {
    const state = { isPaused: false };
    const socket = {
      pause: () => {
        state.isPaused = true;
        return socket;
      },
      resume: () => {
        read.push(i);
        return socket;
      },
    };
    return { socket, state, handshake: { isOver: false } };
  });
  return { sockets, read };
}

const isWaiting = ({ state }: { readonly state: { readonly isPaused: boolean } }) => state.isPaused;

test('of clients that connect together only a few are looked at between two looks at ticks, in their order', async () => {
  for (const isTls of [false, true]) {
    const pace = new AcceptPace(isTls);
    const { sockets, read } = fakeSockets(50);
    for (const { socket, handshake } of sockets) pace.admit(socket, handshake);
    const atOnce = sockets.filter((each) => !isWaiting(each)).length;
    assert.ok(atOnce >= 1 && atOnce <= 10, `${atOnce} at once`);
    let most = 0;
    let before = 0;
    await until('all of them', () => {
      most = Math.max(most, read.length - before);
      before = read.length;
      return read.length === 50 - atOnce;
    });
    assert.deepEqual(
      read,
      Array.from({ length: 50 - atOnce }, (_, i) => i + atOnce),
    );
    // Who comes later need not wait.
    const late = fakeSockets(1).sockets[0]!;
    pace.admit(late.socket, late.handshake);
    assert.equal(isWaiting(late), false);
    pace.stop();
  }
});

test('a client that went while it waited is not touched, nor any when the listener is closed', async () => {
  const pace = new AcceptPace(false);
  const { sockets, read } = fakeSockets(40);
  for (const { socket, handshake } of sockets) pace.admit(socket, handshake);
  for (const each of sockets) if (isWaiting(each)) each.handshake.isOver = true;
  const late = fakeSockets(1);
  const [{ socket, handshake }] = late.sockets as [(typeof late.sockets)[0]];
  pace.admit(socket, handshake);
  await until('the one that is there', () => late.read.length === 1);
  assert.deepEqual(read, []);
  const others = fakeSockets(40);
  for (const each of others.sockets) pace.admit(each.socket, each.handshake);
  pace.stop();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.deepEqual(others.read, []);
});

for (const isTls of [false, true]) {
  const how = isTls ? 'with TLS' : 'without TLS';

  test(`clients that connect all at once are all let in, and those that go meanwhile leave nothing behind, ${how}`, async (t) => {
    const scene = new ListenerScene(t, { isTls });
    const sockets = await Promise.all(Array.from({ length: MANY }, () => scene.socket(UPGRADE)));
    const staying = sockets.filter((_, i) => i % 3 !== 0);
    sockets.forEach((socket, i) => {
      if (i % 3 === 0) setImmediate(() => (i % 2 === 0 || isTls ? socket.destroy() : resetSocket(socket)));
    });
    for (const socket of staying) assert.match((await firstLine(socket)) ?? 'closed', /^HTTP\/1\.1 101 /);
    await until('those that went', () => scene.server.sessions.size === staying.length);
    assert.deepEqual(scene.held, { handshakes: 0, connections: staying.length });
    for (const socket of staying) socket.destroy();
    await until('nobody', () => scene.server.sessions.size === 0);
    assert.deepEqual(scene.held, { handshakes: 0, connections: 0 });
  });

  test(`a listener that is closed while clients wait closes them, ${how}`, async (t) => {
    const scene = new ListenerScene(t, { isTls });
    const sockets = await Promise.all(Array.from({ length: MANY }, () => scene.socket(UPGRADE)));
    const ends = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of sockets) socket.resume();
    await until('some', () => scene.held.handshakes > 100);
    scene.close();
    await Promise.all(ends);
    assert.equal(scene.held.handshakes, 0);
  });

  test(`clients that wait while the listener goes away read that it does, ${how}`, async (t) => {
    const scene = new ListenerScene(t, { isTls });
    const sockets = await Promise.all(Array.from({ length: MANY }, () => scene.socket(UPGRADE)));
    await until('some', () => scene.held.handshakes > 100);
    scene.server.stopAccepting();
    const lines = await Promise.all(sockets.map(firstLine));
    assert.ok(lines.filter((line) => line?.startsWith('HTTP/1.1 503 ')).length > 50, String(lines));
    await until('no handshake', () => scene.held.handshakes === 0);
  });
}
