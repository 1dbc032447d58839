/** What the dashboard's charts draw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChartHistory } from '../../../dashboard/chart-history.js';

const AT = 1_787_371_200_000;
const point = (second: number, ticksPerSecond = second) => ({
  at: AT + second * 1000,
  ticksPerSecond,
  deliveriesPerSecond: 2 * ticksPerSecond,
  p50: null,
  p99: 0.5,
});
const seconds = (history: ChartHistory) => history.columns().at.map((at) => Math.round(at - AT / 1000));

test('no line is drawn across the time in which the engine was away', () => {
  const history = new ChartHistory();
  for (const second of [0, 1, 2, 30, 31]) history.add(point(second));
  assert.deepEqual(history.columns().ticks, [0, 1, 2, null, 30, 31]);
  assert.deepEqual(history.columns().p99, [0.5, 0.5, 0.5, null, 0.5, 0.5]);
});

test('what an engine remembers is joined to what the page saw of the one before', () => {
  const history = new ChartHistory();
  for (const second of [0, 1, 2, 3]) history.add(point(second));
  history.join([point(2, 20), point(3, 30), point(4, 40)]);
  assert.deepEqual(history.columns().ticks, [0, 1, 20, 30, 40]);
  history.join([]);
  assert.deepEqual(seconds(history), [0, 1, 2, 3, 4]);
});

test('the charts hold five minutes, however long the page is open', () => {
  const history = new ChartHistory();
  for (let second = 0; second < 1000; second++) history.add(point(second));
  const shown = seconds(history);
  assert.deepEqual([shown.length, shown[0], shown.at(-1)], [300, 700, 999]);
});

test('a clock that is put back does not freeze the charts', () => {
  const history = new ChartHistory();
  for (const second of [0, 1, 2, 3]) history.add(point(second));
  history.add(point(1, 10));
  history.add(point(2, 20));
  assert.deepEqual(history.columns().ticks, [0, 10, 20]);
});
