import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { type ControlAnswer, MAX_STANDING_KEYS } from '../../src/workers/bus/control-message.ts';
import type { Question } from '../../src/workers/bus-source/control-client.ts';
import { verifyKeyAt } from '../../src/workers/bus-source/group-requests.ts';
import { KeyStandings } from '../../src/workers/bus-source/key-standings.ts';
import type { KeyStanding } from '../../src/workers/entitlement-messages.ts';
import { mayHaveOrders, refuseByRights } from '../../src/workers/proxy/entitlements/entitlement-check.ts';
import { rightsOf } from '../support/entitlement-file.ts';
import { FeedGroupScene } from '../support/feed-group-scene.ts';
import { until } from '../support/until.ts';

/** As a host says of a key that may do everything. */
function good(keyId: string): KeyStanding {
  return { keyId, status: 'good', rights: null };
}

/** A host whose keys stand as `standings` says; a key that is not named there may do everything. */
function setUp() {
  const standings = new Map<string, KeyStanding>();
  const told: KeyStanding[] = [];
  const asked: (readonly string[])[] = [];
  const keys = new KeyStandings(1, (each) => void told.push(...each));
  let answer = (keyIds: readonly string[]): ControlAnswer => ({
    id: 1,
    type: 'standings',
    standings: keyIds.map((keyId) => standings.get(keyId) ?? { keyId, status: 'good', rights: null }),
  });
  const link = {
    host: 0,
    ask: async (question: Question) => {
      assert.ok(question.type === 'standings');
      asked.push(question.keyIds);
      return answer(question.keyIds);
    },
  };
  return {
    standings,
    told,
    asked,
    keys,
    beat: (mark: string) => keys.onHeartbeat(link, mark),
    set answer(other: typeof answer) {
      answer = other;
    },
  };
}

test('a host is asked when its count is another, when it was started anew, and not otherwise', async () => {
  const { keys, beat, asked, told, standings } = setUp();
  beat('a/0');
  keys.note(0, good('own:1'));
  beat('a/0');
  await until('the first answer', () => told.length === 1);
  for (let i = 0; i < 3; i++) beat('a/0');
  assert.equal(asked.length, 1);
  standings.set('own:1', { keyId: 'own:1', status: 'revoked' });
  beat('a/1');
  await until('the second answer', () => told.length === 2);
  assert.deepEqual(told[1], { keyId: 'own:1', status: 'revoked' });
  beat('b/0');
  await until('the third answer', () => told.length === 3);
});

test('a key that is verified while the host is asked is asked for with the next heartbeat', async () => {
  const { keys, beat, asked, told } = setUp();
  keys.note(0, good('own:1'));
  beat('a/1');
  // Its verdict may be from before the change.
  keys.note(0, good('own:2'));
  await until('the first answer', () => told.length === 1);
  beat('a/1');
  await until('the second answer', () => told.length === 3);
  assert.deepEqual(asked, [['own:1'], ['own:1', 'own:2']]);
});

test('a host that does not answer is asked again with the next heartbeat', async () => {
  const scene = setUp();
  scene.keys.note(0, good('own:1'));
  scene.answer = () => {
    throw new Error('not connected');
  };
  scene.beat('a/1');
  await until('the question', () => scene.asked.length === 1);
  scene.answer = () => ({ id: 1, type: 'error', code: 'CONTROL_BUSY', message: '' });
  await until('another question', () => {
    scene.beat('a/1');
    return scene.asked.length >= 2;
  });
  scene.answer = (keyIds) => ({
    id: 1,
    type: 'standings',
    standings: keyIds.map((keyId) => ({ keyId, status: 'revoked' })),
  });
  await until('the answer', () => {
    scene.beat('a/1');
    return scene.told.length > 0;
  });
});

test('more keys than one question takes are asked for in several', async () => {
  const { keys, beat, asked, told } = setUp();
  const count = 2 * MAX_STANDING_KEYS + 1;
  for (let i = 0; i < count; i++) keys.note(0, good(`own:${i}`));
  beat('a/1');
  await until('all answers', () => told.length === count);
  assert.deepEqual(
    asked.map(({ length }) => length),
    [MAX_STANDING_KEYS, MAX_STANDING_KEYS, 1],
  );
});

test('keys of different feeds do not mix, and a feed host that knows no roles is asked nothing', async () => {
  const scene = new FeedGroupScene(1);
  const [link] = scene.links;
  link!.answer = () => ({
    id: 1,
    type: 'standings',
    standings: [{ keyId: 'own:1', status: 'good', rights: rightsOf('viewer') }],
  });
  scene.group.keys.note(0, good('own:1'));
  link!.sendEvent({ type: 'heartbeat', host: 'h', at: 1 });
  scene.drain();
  assert.equal(link!.asked.length, 0);
  link!.sendEvent({ type: 'heartbeat', host: 'h', at: 2, entitlements: 0 });
  scene.drain();
  await until('the news', () => scene.news.includes('key 0/own:1 good'));
});

test('where hosts say otherwise of a key it may do what all of them allow, whichever was heard last', async () => {
  const told: KeyStanding[] = [];
  const keys = new KeyStandings(2, (each) => void told.push(...each));
  const rights = [
    rightsOf('first', { symbols: ['INFY', 'SBIN'] }),
    rightsOf('second', { symbols: ['INFY', 'TCS'], orders: false }),
  ];
  const mayHave = (symbol: string) => {
    const latest = told.at(-1);
    const asked = { exchange: 'NSE', symbol, mode: MODE.LTP, depthLevel: 0 } as const;
    return latest?.status === 'good' && refuseByRights(latest.rights, asked) === null;
  };
  const linkOf = (host: number) => ({
    host,
    ask: async (): Promise<ControlAnswer> => ({
      id: 1,
      type: 'standings',
      standings: [{ keyId: 'own:1', status: 'good', rights: rights[host]! }],
    }),
  });
  keys.note(0, { keyId: 'own:1', status: 'good', rights: rights[0]! });
  assert.equal(told.length, 0, 'its verdict says the same');
  keys.note(1, { keyId: 'own:1', status: 'good', rights: rights[1]! });
  for (const host of [0, 1, 0]) {
    const before = told.length;
    keys.onHeartbeat(linkOf(host), `count ${before}`);
    await until('the answer', () => told.length > before);
    assert.deepEqual(['INFY', 'SBIN', 'TCS'].map(mayHave), [true, false, false]);
    const latest = told.at(-1);
    assert.ok(latest?.status === 'good' && !mayHaveOrders(latest.rights));
  }
});

test('a key that one host takes and another one has revoked is revoked, whichever answers first', async () => {
  for (const revokedAt of [0, 1]) {
    const scene = new FeedGroupScene(2);
    const key = { userId: 'bob', keyId: 'own:1', rights: null };
    for (const { host } of scene.links) {
      scene.links[host]!.answer = () => ({
        id: 1,
        type: 'keyVerified',
        outcome:
          host === revokedAt
            ? { status: 'refused', code: 'KEY_REVOKED', message: 'This API key was revoked' }
            : { status: 'ok', ...key, account: 'bob', broker: 'angel' },
        account: null,
      });
    }
    await verifyKeyAt(scene.group, 'a key', '');
    await until('the news', () => scene.news.includes('key 0/own:1 revoked'));
  }
});
