/** Keys that come from one address in one instant are counted while they wait for their turn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyAdmission } from '../../src/workers/proxy/admission/key-admission.ts';
import { SlowScene } from '../support/slow-scene.ts';

const NEVER = { ltp: 0, quote: 0, depth: 0 };
const LIMIT = 5;

test('a key that waits while others of its address are found wrong is not looked at any more', async () => {
  const scene = new SlowScene(
    { policy: 'deliver', conflateBytes: NEVER, conflateAgeMs: NEVER, timeoutMs: 1e9 },
    5000,
  );
  const { session } = scene.connect();
  let looked = 0;
  let wrong = 0;
  const keys = new KeyAdmission(
    {
      verifyKey: async () => {
        looked++;
        return { status: 'refused', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' };
      },
    },
    {
      blockedMs: () => (wrong >= LIMIT ? 1000 : 0),
      onWrongKey: () => void wrong++,
      useKey: async () => ({ isRefused: true }),
      refused: { connections: 0, address: 0, key: 0, attempts: 0 },
    },
    { useKey: () => {} },
    { maxConnectionsPerKey: 0 },
  );
  const outcomes = await Promise.all(Array.from({ length: 30 }, (_, i) => keys.verify(session, `${i}`)));
  keys.stop();
  const refused = outcomes.filter((each) => each.status === 'refused' && each.code === 'TOO_MANY_ATTEMPTS');
  assert.ok(looked <= 10, `${looked} keys were looked at`);
  assert.equal(refused.length, 30 - looked);
});
