/** How the dashboard writes figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, bytes, duration, latency, rate, time } from '../../../dashboard/format.js';

test('a latency is read at a glance, from microseconds to minutes', () => {
  const texts = [0, 0.0042, 0.42, 4.25, 42.4, 999, 1500, 65_000, null].map(latency);
  assert.deepEqual(texts, [
    '0 ms',
    '0.0042 ms',
    '0.42 ms',
    '4.3 ms',
    '42 ms',
    '999 ms',
    '1.5 s',
    '65 s',
    '–',
  ]);
});

test('a duration has two units at most', () => {
  const texts = [-5, 400, 9999, 12_345, 65_000, 3_900_000, 90_000_000].map(duration);
  assert.deepEqual(texts, ['0 s', '0.4 s', '9.9 s', '12 s', '1 min 5 s', '1 h 5 min', '1 d 1 h']);
  assert.deepEqual([ago(20), ago(3000)], ['just now', '3.0 s ago']);
});

test('bytes and rates keep as many digits as say something', () => {
  assert.deepEqual([0, 1023, 1536, 50 * 1024 * 1024].map(bytes), ['0 B', '1,023 B', '1.5 KiB', '50 MiB']);
  assert.equal(bytes(null), '–', 'what nobody counted is no zero');
  assert.deepEqual([0, 0.25, 12.4, 123_456].map(rate), ['0', '0.3', '12', '1,23,456']);
});

test('times are those of the exchange, with the day when it is another', () => {
  const at = Date.UTC(2026, 10, 23, 4, 0, 0);
  assert.equal(time(at, at + 1000), '09:30:00');
  assert.equal(time(at, at + 86_400_000), '23 Nov 09:30:00');
});
