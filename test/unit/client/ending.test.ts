/** What the client does when a connection ends: as the tables of PROTOCOL.md say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../src/client/backoff.ts';
import { boundedWait } from '../../../src/client/bounded-wait.ts';
import { type Ending, planAfter } from '../../../src/client/ending.ts';
import { TickwireError } from '../../../src/client/tickwire-error.ts';
import { ProtocolDocument } from '../../support/protocol-document.ts';

const ended = (code: number, more: Partial<Ending> = {}) =>
  planAfter({ code, reason: '', error: null, adviceMs: null, ...more });
const refused = (code: string, message = '') => ended(1006, { error: new TickwireError(code, message) });

test('the client comes back after each close code of PROTOCOL.md that says so, and after no other', () => {
  const rows = new ProtocolDocument().table('Close codes');
  assert.ok(rows.length > 10);
  for (const [code = '', reason = '', answer = ''] of rows) {
    const { action } = ended(Number(code), { reason });
    const expected = answer.startsWith('no') ? 'stop' : code === '4408' ? 'idle' : 'retry';
    assert.equal(action, expected, `${code} ${reason}: ${answer}`);
  }
});

test('an engine that stops says when to come back, and is believed, even if its close frame is lost', () => {
  const reason = 'going away; reconnect in 1250 ms';
  assert.deepEqual(ended(1001, { reason }), { action: 'retryAt', ms: 1250 });
  assert.deepEqual(ended(1006, { adviceMs: 700 }), { action: 'retryAt', ms: 700 });
  assert.deepEqual(ended(1001), { action: 'retry', atLeastMs: 0 });
});

test('whatever moment a server names, the client neither spins nor stays away for good', () => {
  const inMs = (ms: string) => ended(1001, { reason: `reconnect in ${ms} ms` });
  assert.deepEqual(inMs('0'), { action: 'retryAt', ms: 50 });
  assert.deepEqual(inMs('9'.repeat(12)), { action: 'retryAt', ms: 300_000 });
  assert.deepEqual(ended(1006, { adviceMs: -1 }), { action: 'retryAt', ms: 50 });
  assert.deepEqual(ended(1006, { adviceMs: Number.NaN }), { action: 'retry', atLeastMs: 0 });
  assert.deepEqual([1e12, -1, 0, 700, '5', Number.NaN].map(boundedWait), [300_000, 50, 50, 700, null, null]);
  // A moment each time, and no connection that stays.
  const backoff = new Backoff({ initialMs: 100, maxMs: 1000 }, () => 1);
  assert.deepEqual(
    Array.from({ length: 5 }, () => backoff.nextAt(50)),
    [50, 200, 400, 800, 1000],
  );
  backoff.reset();
  assert.equal(backoff.nextAt(1250), 1250);
});

test('where there is no room, or the operator wants it away, the client waits long before it asks again', () => {
  for (const code of [4410, 4422, 4423, 4429])
    assert.deepEqual(ended(code), { action: 'retry', atLeastMs: 10_000 });
  assert.deepEqual(refused('TOO_MANY_ATTEMPTS'), { action: 'retry', atLeastMs: 10_000 });
});

test('a wrong key or option is final, while what passes is tried again', () => {
  for (const code of [
    'AUTHENTICATION_ERROR',
    'INVALID_OPTION',
    'KEY_REVOKED',
    'FEATURE_MISSING',
    'ANYTHING_NEW',
    'toString',
    '__proto__',
  ]) {
    assert.equal(refused(code, 'no').action, 'stop', code);
  }
  const notNow = 'The key could not be checked now; try again in a few seconds';
  assert.equal(refused('AUTHENTICATION_ERROR', notNow).action, 'retry');
  for (const code of [
    'BROKER_ERROR',
    'BROKER_INIT_ERROR',
    'FEED_UNAVAILABLE',
    'RATE_LIMITED',
    'BAD_MESSAGE',
  ]) {
    assert.equal(refused(code).action, 'retry', code);
  }
});

test('each attempt waits twice as long as the one before up to a bound, never all clients alike, and a good connection begins anew', () => {
  const slowest = new Backoff({ initialMs: 100, maxMs: 1000 }, () => 1);
  const quickest = new Backoff({ initialMs: 100, maxMs: 1000 }, () => 0);
  const waits = (backoff: Backoff) => Array.from({ length: 6 }, () => backoff.next(0));
  assert.deepEqual(waits(slowest), [100, 200, 400, 800, 1000, 1000]);
  assert.deepEqual(waits(quickest), [50, 100, 200, 400, 500, 500]);
  assert.equal(quickest.next(10_000), 10_000);
  assert.equal(slowest.next(10_000), 12_000);
  slowest.reset();
  assert.equal(slowest.next(0), 100);
});
