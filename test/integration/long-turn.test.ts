/** Clients that leave, or ask, all at once: the others get their ticks while the listener is still busy with them. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { clientFrame } from '../support/client-frame.ts';
import { ListenerScene, UPGRADE } from '../support/listener-scene.ts';
import { OPCODE } from '../support/raw-client.ts';
import type { TickingClientTask } from '../support/ticking-client-worker.ts';
import { until } from '../support/until.ts';

const OTHERS = 40;
const TOPIC = 'ticks';
const ARRIVAL_MS = 10_000;

function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

for (const [what, act] of [
  ['leave', (socket: Socket) => void socket.destroy()],
  ['ask', (socket: Socket) => void socket.write(clientFrame({ opcode: OPCODE.TEXT, payload: '{}' }))],
] as const) {
  for (const isTls of [false, true]) {
    test(`a tick reaches a client ${isTls ? 'over TLS ' : ''}in the middle of the turn in which ${OTHERS} others ${what}`, async (t) => {
      const arrived = new Int32Array(new SharedArrayBuffer(4));
      let arrivedWithin = 0;
      let isTesting = false;
      let handled = 0;
      const handle = () => {
        handled++;
        if (isTesting) standStill(3);
      };
      const listener = new ListenerScene(t, {
        isTls,
        events: {
          close: handle,
          message: () => void handle(),
          longTurn: () => {
            if (!isTesting) return;
            isTesting = false;
            listener.server.publisher.publish(TOPIC, 'tick');
            for (const session of listener.server.sessions) session.push();
            // Nothing but the thread of the client can go on while this one waits here.
            Atomics.wait(arrived, 0, 0, ARRIVAL_MS);
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
      const others = await Promise.all(Array.from({ length: OTHERS }, () => listener.socket(UPGRADE)));
      await until('the others', () => listener.server.sessions.size === OTHERS + 1);
      isTesting = true;
      for (const socket of others) act(socket);
      await until('the end of their turn', () => handled === OTHERS);
      assert.equal(isTesting, false, 'the turn was not long');
      assert.equal(arrivedWithin, 1);
      await until('the answers to what pushed the tick', () => client!.pushes === 0);
      assert.equal(client!.open, true);
      assert.equal(listener.server.counts.dropped, 0);
    });
  }
}
