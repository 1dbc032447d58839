/** Ticks that wait for a program's loop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LtpTick } from '../../../src/client/index.ts';
import { TickQueue } from '../../../src/client/tick-queue.ts';

function tick(seq: number, more: Partial<LtpTick> = {}): LtpTick {
  const name = {
    instrument: 'NSE:TCS',
    exchange: 'NSE',
    symbol: 'TCS',
    broker: 'angel',
    mode: 'ltp' as const,
  };
  const none = { gap: null, receipt: null, stamps: null, isSnapshot: false, isStale: false };
  return { ...name, ...none, ltp: 100 + seq, time: 0, receivedAt: 0, epoch: 1, seq, ...more };
}

test('a loop that does not read gets the latest tick, and is told of all that it stands for', async () => {
  const queue = new TickQueue<LtpTick>(3, 'conflate');
  const gap = { reason: 'lost', missed: 2, lastEpoch: 1, lastSeq: 1, epoch: 1, nextSeq: 4 };
  const receipt = {
    merged: 4,
    firstEpoch: 1,
    firstSeq: 5,
    epoch: 1,
    lastSeq: 8,
    low: 90,
    high: 130,
    by: 'server' as const,
  };
  queue.push(tick(0, { isSnapshot: true, ltp: 1 }));
  queue.push(tick(4, { gap }));
  queue.push(tick(8, { receipt }));
  queue.push(tick(11, { gap: { ...gap, missed: 2, lastSeq: 8, nextSeq: 11 } }));
  queue.push(tick(12));
  const { value } = await queue.next();
  assert.deepEqual([value?.seq, value?.ltp], [11, 111]);
  assert.deepEqual(value?.receipt, {
    merged: 7,
    firstEpoch: 1,
    firstSeq: 0,
    epoch: 1,
    lastSeq: 11,
    low: 90,
    high: 130,
    by: 'client',
  });
  assert.deepEqual(value?.gap, {
    reason: 'lost',
    missed: 4,
    lastEpoch: 1,
    lastSeq: 1,
    epoch: 1,
    nextSeq: 11,
  });
  assert.deepEqual((await queue.next()).value, tick(12));
});

test('however long nobody reads, no more than the buffer is kept, and no tick goes uncounted', async () => {
  const queue = new TickQueue<LtpTick>(10, 'conflate');
  for (let seq = 1; seq <= 100_000; seq++) queue.push(tick(seq));
  const kept = queue.clear();
  assert.ok(kept.length <= 10);
  assert.equal(
    kept.reduce((sum, { receipt }) => sum + (receipt?.merged ?? 1), 0),
    100_000,
  );
  assert.equal(kept.at(-1)?.seq, 100_000);
});

test('a loop that must see each tick reads all that came, and then an error in place of a hole', async () => {
  const queue = new TickQueue<LtpTick>(2, 'end');
  for (const seq of [1, 2, 3, 4]) queue.push(tick(seq));
  assert.equal((await queue.next()).value?.seq, 1);
  assert.equal((await queue.next()).value?.seq, 2);
  await assert.rejects(queue.next(), { code: 'READER_TOO_SLOW', instrument: 'NSE:TCS' });
  assert.deepEqual(await queue.next(), { done: true, value: undefined });
});
