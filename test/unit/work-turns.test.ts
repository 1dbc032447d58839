import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkTurns } from '../../src/workers/proxy/admission/work-turns.ts';
import { until } from '../support/until.ts';

/** Takes so many ms of the thread. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('a flood of long requests never keeps ticks waiting for more than a few of them', async () => {
  const turns = new WorkTurns();
  let done = 0;
  let mostBetweenTurns = 0;
  let before = 0;
  // Stands for ticks: the event loop comes by.
  const watch = setInterval(() => {}, 1);
  const look = () => {
    mostBetweenTurns = Math.max(mostBetweenTurns, done - before);
    before = done;
    if (done < 50) setImmediate(look);
  };
  setImmediate(look);
  for (let i = 0; i < 50; i++) {
    // What hangs on a request counts too, though it is done in promises.
    turns.later(() => {
      void Promise.resolve()
        .then(() => null)
        .then(() => {
          busy(2);
          done++;
        });
    });
  }
  await until('all of them', () => done === 50);
  clearInterval(watch);
  assert.ok(mostBetweenTurns <= 2, `${mostBetweenTurns} requests in one turn`);
});

test('many short requests share a turn, and come in their order', async () => {
  const turns = new WorkTurns();
  const order: number[] = [];
  assert.equal(turns.mayBegin(), true);
  turns.later(() => order.push(0));
  assert.equal(turns.mayBegin(), false, 'what came first is done first');
  for (let i = 1; i < 2500; i++) turns.later(() => order.push(i));
  await until('all of them', () => order.length === 2500);
  assert.deepEqual(
    order,
    Array.from({ length: 2500 }, (_, i) => i),
  );
});

test('work begins at once in a thread that has time, and not when it has taken a long turn', async () => {
  const turns = new WorkTurns();
  assert.equal(turns.mayBegin(), true);
  busy(3);
  assert.equal(turns.mayBegin(), false);
  await until('another turn', () => turns.mayBegin());
});

test('nothing that waits is done once it was stopped', async () => {
  const turns = new WorkTurns();
  let done = 0;
  turns.later(() => done++);
  turns.stop();
  let isLater = false;
  setImmediate(() => setImmediate(() => (isLater = true)));
  await until('later turns', () => isLater);
  assert.equal(done, 0);
});
