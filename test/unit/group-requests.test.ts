/** What the hosts of one feed are asked, when each has users of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import type { ControlAnswer } from '../../src/workers/bus/control-message.ts';
import { resolveAt, verifyKeyAt } from '../../src/workers/bus-source/group-requests.ts';
import { FeedGroupScene, nameOf } from '../support/feed-group-scene.ts';

const WISHES = [{ exchange: 'NSE', symbol: 'INFY', mode: MODE.LTP }] as const;
const REFUSED = { status: 'refused', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' } as const;
const found: ControlAnswer = {
  id: 1,
  type: 'resolved',
  askedAt: 1,
  outcomes: [{ status: 'ok', instrument: nameOf('INFY'), hasLast: false }],
  statuses: [],
};

/** Anna has her session at the second host, Bob his at both. */
function scene() {
  const played = new FeedGroupScene(2);
  const [a, b] = played.links as [(typeof played.links)[0], (typeof played.links)[0]];
  const account = (name: string) =>
    ({ type: 'account', revision: 1, name, broker: 'angel', hasSession: true, isConnected: true }) as const;
  a.sendEvent(account('bob'));
  for (const name of ['anna', 'bob']) b.sendEvent(account(name));
  played.drain();
  for (const link of [a, b]) link.answer = () => found;
  return { played, a, b };
}

test('a user is served by the host that has the session', async () => {
  const { played, a } = scene();
  assert.equal((await resolveAt(played.group, 'anna', WISHES)).link.host, 1);
  assert.equal((await resolveAt(played.group, 'bob', WISHES)).link.host, 0);
  played.setState(0, 'away');
  assert.equal((await resolveAt(played.group, 'bob', WISHES)).link.host, 1);
  assert.equal((await resolveAt(played.group, 'carol', WISHES)).link.host, 1);
  assert.equal(a.asked.length, 1);
});

test('a host that knows nothing of a user is not taken for the word that there is no session', async () => {
  const { played } = scene();
  played.setState(1, 'away');
  await assert.rejects(resolveAt(played.group, 'anna', WISHES), /host-1:5556 cannot be reached now/);
});

test('a key that one host does not know is not refused while another one cannot be asked', async () => {
  const { played, a, b } = scene();
  for (const link of [a, b])
    link.answer = () => ({ id: 1, type: 'keyVerified', outcome: REFUSED, account: null });
  assert.deepEqual(await verifyKeyAt(played.group, 'key', ''), REFUSED);
  played.setState(1, 'away');
  await assert.rejects(
    verifyKeyAt(played.group, 'key', ''),
    /host-1:5556 cannot be reached now \(it is away\)/,
  );
  const key = { userId: 'bob', keyId: 'openalgo:bob', rights: null };
  const outcome = { status: 'ok', ...key, account: 'bob', broker: 'angel' } as const;
  a.answer = () => ({ id: 1, type: 'keyVerified', outcome, account: null });
  assert.deepEqual(await verifyKeyAt(played.group, 'key', ''), {
    ...outcome,
    owner: '0/bob',
    keyId: '0/openalgo:bob',
  });
});
