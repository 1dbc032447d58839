import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RefusalReport } from '../../src/workers/bus/refusal-report.ts';
import type { PeerRefused } from '../../src/workers/worker-messages.ts';

const MINUTE = 60_000;

function report() {
  const told: PeerRefused[] = [];
  const clock = { now: 0 };
  const refusals = new RefusalReport(
    (refused) => void told.push(refused),
    () => clock.now,
  );
  return { told, clock, refusals };
}

test('somebody who is turned away every second is told of at once, and then every ten minutes with the number', () => {
  const { told, clock, refusals } = report();
  for (; clock.now <= 20 * MINUTE; clock.now += 1000) refusals.note('unknown key', 'aa', '10.0.0.1');
  assert.deepEqual(
    told.map(({ attempts }) => attempts),
    [1, 600, 600],
  );
  assert.deepEqual(told[0], {
    type: 'peerRefused',
    reason: 'unknown key',
    key: 'aa',
    address: '10.0.0.1',
    attempts: 1,
  });
  assert.equal(refusals.attempts, 1201);
});

test('somebody who makes up keys fills neither the memory nor the log', () => {
  const { told, refusals } = report();
  for (let i = 0; i < 10_000; i++) refusals.note('unknown key', String(i), '10.0.0.1');
  assert.equal(told.length, 101);
  assert.equal(told.at(-1)?.reason, 'many others');
  assert.equal(refusals.attempts, 10_000);
});

test('what may be a health check is told of a single time', () => {
  const { told, clock, refusals } = report();
  for (; clock.now <= 60 * MINUTE; clock.now += 30_000) refusals.note('not finished', null, '', true);
  assert.equal(told.length, 1);
});
