import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlDesk, type ControlDeskOptions } from '../../src/workers/bus/control-desk.ts';
import type { FromReader, KeyOutcome } from '../../src/workers/worker-messages.ts';
import { rightsOf } from '../support/entitlement-file.ts';

/** A desk of whose parts only main is asked. */
function createDesk(): { readonly desk: ControlDesk; readonly posted: FromReader[] } {
  const posted: FromReader[] = [];
  const unused = () => assert.fail('nobody asked for this');
  const options: ControlDeskOptions = {
    host: 'h',
    hello: {
      version: '0',
      supportedBrokers: [],
      capabilities: [],
      page: { watch: [], demoKey: null, simulated: false, replayed: false },
    },
    heartbeatMs: 1000,
    post: (message) => void posted.push(message),
    wishes: { resolve: unused },
    publisher: { hasLast: unused },
    statuses: { present: unused },
    news: { accountOf: () => null, publishStatuses: unused },
  };
  return { desk: new ControlDesk(options), posted };
}

async function verdict(outcome: KeyOutcome, checksRights: boolean): Promise<KeyOutcome> {
  const { desk, posted } = createDesk();
  const answer = desk.answer({ id: 7, type: 'verifyKey', key: 'k', checksRights, asker: '192.0.2.7' });
  const [asked] = posted;
  assert.ok(asked?.type === 'verifyKey');
  desk.onKeyVerified(asked.id, outcome);
  const answered = await answer;
  assert.ok(answered.type === 'keyVerified');
  return answered.outcome;
}

test('a key with a role is refused to a proxy that checks no roles, which would let it do everything', async () => {
  const key = { userId: 'alice', keyId: 'own:1' };
  const limited: KeyOutcome = {
    status: 'ok',
    ...key,
    rights: rightsOf('viewer'),
    account: 'alice',
    broker: 'angel',
  };
  const refused = await verdict(limited, false);
  assert.ok(refused.status === 'refused');
  assert.match(refused.message, /has the role viewer, and this proxy checks no roles/);
  assert.equal(await verdict(limited, true), limited);
  const unlimited: KeyOutcome = { ...limited, rights: null };
  assert.equal(await verdict(unlimited, false), unlimited);
  const awaiting: KeyOutcome = {
    status: 'brokerError',
    ...key,
    rights: rightsOf('viewer'),
    code: 'BROKER_ERROR',
    message: '',
  };
  assert.equal((await verdict(awaiting, false)).status, 'refused');
});

test('how keys stand is asked of main, and answered under the id of the asker', async () => {
  const { desk, posted } = createDesk();
  const answer = desk.answer({ id: 9, type: 'standings', keyIds: ['own:1'] });
  const [asked] = posted;
  assert.ok(asked?.type === 'askStandings');
  assert.deepEqual(asked.keyIds, ['own:1']);
  const standings = [{ keyId: 'own:1', status: 'revoked' }] as const;
  desk.onStandings(asked.id, standings);
  assert.deepEqual(await answer, { id: 9, type: 'standings', standings });
});
