import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageQueue } from '../../src/workers/bus-source/message-queue.ts';

test('messages come out in the order in which they came in, and the proxy waits with receiving when there are too many', async () => {
  const queue = new MessageQueue();
  let received = 0;
  let drained = 0;
  const receive = () => queue.push([Buffer.from(String(received++))]);
  const drain = () => assert.equal(String(queue.shift()?.[0]), String(drained++));
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 70; i++) receive();
    for (let i = 0; i < 65; i++) drain();
  }
  assert.equal(queue.length, 500);
  assert.equal(queue.room(), null);
  while (queue.length < 1024) receive();
  let hasRoom = false;
  const room = queue.room()!.then(() => {
    hasRoom = true;
  });
  while (!queue.isEmpty) drain();
  await room;
  assert.equal(hasRoom, true);
  assert.equal(queue.shift(), undefined);
});

test('a queue that is never quite empty keeps nothing of what was taken out of it', () => {
  const queue = new MessageQueue();
  const message = [Buffer.from('x')];
  queue.push(message);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 3_000_000; i++) {
    queue.push(message);
    queue.shift();
  }
  const grownBy = process.memoryUsage().heapUsed - before;
  assert.ok(grownBy < 8e6, `${grownBy} bytes`);
});
