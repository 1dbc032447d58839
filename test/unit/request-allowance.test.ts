/** How much a client may ask, and what becomes of one that asks for more. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LIMIT_OPTIONS } from '../../src/main/config/limit-options.ts';
import { RequestAllowance } from '../../src/workers/proxy/admission/request-allowance.ts';

/** Verdicts about so many short requests at one moment, each kind counted. */
function takeMany(allowance: RequestAllowance, count: number, nowMs: number) {
  const counts = { ok: 0, refused: 0, flood: 0 };
  for (let i = 0; i < count; i++) counts[allowance.take(0, nowMs)]++;
  return counts;
}

test('beyond its burst a client is refused, and beyond as many refusals it is a flood', () => {
  const now = performance.now();
  assert.deepEqual(takeMany(new RequestAllowance(10, 20), 50, now), { ok: 20, refused: 20, flood: 10 });
});

test('who goes a little too fast for ever is refused now and then, and never taken for a flood', () => {
  const allowance = new RequestAllowance(10, 20);
  const start = performance.now();
  const counts = { ok: 0, refused: 0, flood: 0 };
  for (let i = 0; i < 10_000; i++) counts[allowance.take(0, start + 60 * i)]++;
  assert.ok(counts.refused > 100);
  assert.equal(counts.flood, 0);
});

test('a request of a thousand bytes costs more than a short one', () => {
  const allowance = new RequestAllowance(10, 20);
  const now = performance.now();
  assert.equal(allowance.take(512 * 15, now), 'ok');
  assert.deepEqual(takeMany(allowance, 5, now), { ok: 4, refused: 1, flood: 0 });
  assert.ok(allowance.waitMs(0, now) > 0);
});

test('what a request counts is what the documents and the option say', () => {
  const now = performance.now();
  const left = (bytes: number) => {
    const allowance = new RequestAllowance(10, 20);
    allowance.take(bytes, now);
    return takeMany(allowance, 20, now).ok;
  };
  assert.deepEqual([511, 512, 1023, 1024].map(left), [19, 18, 18, 17]);
  const texts = ['OPERATIONS.md', 'PROTOCOL.md'].map((name) =>
    readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'),
  );
  for (const text of [LIMIT_OPTIONS.requestsPerSecond.doc, ...texts]) {
    assert.match(text, /each 512 bytes (of (one|a request) )?count as one more/);
  }
});

test('a client that authenticates again, with whatever key, has not more requests left than before', () => {
  const allowance = new RequestAllowance(10, 20);
  const now = performance.now() + 1000;
  takeMany(allowance, 20, now);
  for (const rate of [10, 1000, 0, 5]) allowance.setRate(rate);
  assert.equal(allowance.take(0, now), 'refused');
});

test('without a limit every request is taken', () => {
  assert.deepEqual(takeMany(new RequestAllowance(0, 1), 5000, performance.now()), {
    ok: 5000,
    refused: 0,
    flood: 0,
  });
});
