/** An operator sees which thread lets the others wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistogramTotals } from '../../src/main/metrics/histogram-totals.ts';
import type { ThreadHealth } from '../../src/workers/measures/thread-measures.ts';
import { ThreadWatch } from '../../src/workers/measures/thread-watch.ts';
import { until } from '../support/until.ts';

/** Some periods of the watch: what is left of one when it begins is not counted as late. */
const BLOCKED_MS = 500;

function block(): void {
  const end = performance.now() + BLOCKED_MS;
  while (performance.now() < end);
}

test('a thread that stood still is told with the time for which it did, and one that collects garbage with its pauses', async (t) => {
  const from = performance.now();
  const watch = new ThreadWatch();
  t.after(() => watch.stop());
  const told: ThreadHealth[] = [];
  const take = () => {
    told.push(watch.take());
    return told.at(-1)!;
  };
  await until('a timer', () => take().loopDelay !== null);
  block();
  const held = await until('the delay', () => {
    const { loopDelay, utilization } = take();
    return loopDelay !== null && loopDelay.maxUs > 0.7 * BLOCKED_MS * 1000
      ? { loopDelay, utilization }
      : null;
  });
  assert.ok(held.loopDelay.maxUs <= (performance.now() - from) * 1000, 'no longer than there was time');
  const totals = new HistogramTotals();
  totals.add(held.loopDelay);
  assert.ok(totals.percentiles()!.max >= 0.7 * BLOCKED_MS);
  let kept: unknown[] = [];
  const { gc } = await until('a collection', () => {
    kept = Array.from({ length: 100_000 }, (_, i) => ({ i }));
    const health = take();
    return health.gc.some(({ kind }) => kind === 'minor') ? health : null;
  });
  assert.ok(kept.length > 0);
  assert.ok(gc.every(({ pauses }) => pauses.maxUs > 0 && pauses.sumUs >= pauses.maxUs));
  assert.ok(
    told.every(({ utilization, heapBytes }) => utilization >= 0 && utilization <= 1 && heapBytes > 0),
  );
});

test('a thread tells how it is where the process may open no more files', (t) => {
  const full = () => {
    throw new Error('EMFILE: too many open files');
  };
  t.mock.method(process, 'memoryUsage', full);
  const watch = new ThreadWatch();
  t.after(() => watch.stop());
  assert.ok(watch.take().heapBytes > 0);
});
