/** Clients that leave all at once: the others get their ticks while the listener is still busy with them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ListenerScene, UPGRADE } from '../support/listener-scene.ts';
import type { TickingClientTask } from '../support/ticking-client-worker.ts';
import { until } from '../support/until.ts';

const LEAVING = 40;
const TOPIC = 'ticks';
const ARRIVAL_MS = 10_000;

function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

for (const isTls of [false, true]) {
  test(`a tick reaches a client ${isTls ? 'over TLS ' : ''}in the middle of the turn in which ${LEAVING} others leave`, async (t) => {
    const arrived = new Int32Array(new SharedArrayBuffer(4));
    let published = 0;
    let arrivedWithin = 0;
    let isTesting = false;
    const listener = new ListenerScene(t, {
      isTls,
      events: {
        longTurn: () => {
          if (!isTesting) return;
          published++;
          listener.server.publisher.publish(TOPIC, 'tick');
          for (const session of listener.server.sessions) session.push();
        },
        // Nothing but the thread of the client can go on while this one waits here.
        close: () => {
          if (!isTesting) return;
          standStill(3);
          if (published === 1) Atomics.wait(arrived, 0, 0, ARRIVAL_MS);
          arrivedWithin = Atomics.load(arrived, 0);
        },
      },
    });
    const url = `${isTls ? 'wss' : 'ws'}://127.0.0.1:${await listener.port}`;
    const task: TickingClientTask = { url, arrived: arrived.buffer as SharedArrayBuffer };
    const script = new URL('../support/ticking-client-worker.ts', import.meta.url);
    const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const worker = new Worker(script, { workerData: task, env });
    t.after(() => worker.terminate());
    await until('the client', () => listener.server.sessions.size === 1);
    const [client] = listener.server.sessions;
    client!.socket.subscribe(TOPIC);
    const leaving = await Promise.all(Array.from({ length: LEAVING }, () => listener.socket(UPGRADE)));
    await until('the others', () => listener.server.sessions.size === LEAVING + 1);
    isTesting = true;
    const gone = leaving.map((socket) => once(socket, 'close'));
    for (const socket of leaving) socket.destroy();
    await Promise.all(gone);
    await until('their end', () => listener.server.sessions.size === 1);
    assert.ok(published > 0, 'the turn was not long');
    assert.ok(arrivedWithin > 0, 'the tick was there before the last of them was gone');
    await until('the answers to what pushed the ticks', () => client!.pushes === 0);
    assert.equal(client!.open, true);
    assert.equal(listener.server.counts.dropped, 0);
  });
}
