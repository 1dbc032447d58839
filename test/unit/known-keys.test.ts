/** A client that shows its key again and again costs nobody a look, and what changes meanwhile is looked at. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { KeyAdmission } from '../../src/workers/proxy/admission/key-admission.ts';
import { SlowScene } from '../support/slow-scene.ts';

const NEVER = { ltp: 0, quote: 0, depth: 0 };
const IDENTITY = {
  owner: 'alice',
  userId: 'alice',
  account: 'alice',
  broker: 'angel',
  keyId: 'openalgo:alice',
  rights: null,
};

function setUp(t: TestContext) {
  const scene = new SlowScene(
    { policy: 'deliver', conflateBytes: NEVER, conflateAgeMs: NEVER, timeoutMs: 1e9 },
    5000,
  );
  const { session } = scene.connect();
  const clock = { ms: 1000 };
  t.mock.method(performance, 'now', () => clock.ms);
  const address = { blockedMs: 0 };
  const keys = new KeyAdmission(
    { verifyKey: () => assert.fail('nobody is to be asked') },
    {
      blockedMs: () => address.blockedMs,
      onWrongKey: () => {},
      useKey: async () => ({ isRefused: true }),
      refused: { connections: 0, address: 0, key: 0, attempts: 0 },
    },
    { useKey: () => {} },
    { maxConnectionsPerKey: 0 },
  );
  session.identity = IDENTITY;
  keys.noteKnown(session, 'a key');
  return { keys, scene, session, clock, address };
}

test('a key that a client has just shown to be good is known on that connection alone, and no other key', (t) => {
  const { keys, scene, session } = setUp(t);
  assert.equal(keys.isKnown(session, 'a key'), true);
  assert.equal(keys.isKnown(session, 'another key'), false);
  const other = scene.connect().session;
  other.identity = IDENTITY;
  assert.equal(keys.isKnown(other, 'a key'), false);
});

test('a key is looked at again after a second, and as soon as its rights or its broker session have changed', (t) => {
  const { keys, session, clock } = setUp(t);
  session.identity = { ...IDENTITY, account: '' };
  assert.equal(keys.isKnown(session, 'a key'), false);
  session.identity = IDENTITY;
  clock.ms += 999;
  assert.equal(keys.isKnown(session, 'a key'), true);
  clock.ms += 1;
  assert.equal(keys.isKnown(session, 'a key'), false);
});

test('a key that is known is not taken from an address that is blocked', (t) => {
  const { keys, session, address } = setUp(t);
  address.blockedMs = 1;
  assert.equal(keys.isKnown(session, 'a key'), false);
});
