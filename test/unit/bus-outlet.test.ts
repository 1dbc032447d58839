/** What the bus hands to ZeroMQ: whole, in order, one message per topic, and untouched by what comes after. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusOutlet } from '../../src/workers/bus/bus-outlet.ts';

/** Keeps the very frames that it is given, as ZeroMQ does until it has sent them. */
function recordingSocket() {
  const sent: (string | Uint8Array)[][] = [];
  return { sent, send: async (frames: (string | Uint8Array)[]) => void sent.push(frames) };
}

test('a subscriber gets the ticks of one topic together, oldest first, and events before them', async () => {
  const socket = recordingSocket();
  const outlet = new BusOutlet(socket);
  const tick = new Uint8Array(1);
  for (const [topic, value] of [
    ['a/', 1],
    ['b/', 2],
    ['a/', 3],
  ] as const) {
    tick[0] = value;
    outlet.pushTick(topic, tick);
  }
  outlet.pushEvent(['@heartbeat/', '{}']);
  await outlet.flush();
  assert.deepEqual(socket.sent, [
    ['@heartbeat/', '{}'],
    ['a/', Uint8Array.of(1), Uint8Array.of(3)],
    ['b/', Uint8Array.of(2)],
  ]);
  assert.equal(outlet.messages, 3);
  assert.equal(outlet.hasPending, false);
});

test('ticks that ZeroMQ has not sent yet stay as they were, however many come behind them', async () => {
  const socket = recordingSocket();
  const outlet = new BusOutlet(socket);
  const tick = new Uint32Array(300);
  const bytes = new Uint8Array(tick.buffer);
  const count = 2000;
  for (let i = 0; i < count; i++) {
    tick.fill(i);
    outlet.pushTick(`${i}/`, bytes);
    if (i % 700 === 0) await outlet.flush();
  }
  await outlet.flush();
  assert.equal(socket.sent.length, count);
  for (const [i, [topic, frame]] of socket.sent.entries()) {
    assert.equal(topic, `${i}/`);
    assert.deepEqual(
      Uint8Array.from(frame as Uint8Array),
      new Uint8Array(new Uint32Array(300).fill(i).buffer),
    );
  }
});

test('a socket that cannot send ends the flush with its error', async () => {
  const outlet = new BusOutlet({ send: () => Promise.reject(new Error('closed')) });
  outlet.pushTick('a/', new Uint8Array(1));
  await assert.rejects(outlet.flush(), /closed/);
});
