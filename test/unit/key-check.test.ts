import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, KeyCheck } from '../../src/main/dashboard/key-check.ts';
import { chooseOperatorKeys } from '../../src/main/dashboard/operator-keys.ts';

const ADMIN = 'the admin key of this test';
const VIEWER = 'the viewer key of this test';
const DIGESTS = { admin: digestOf(ADMIN), viewer: digestOf(VIEWER) };

test('each key opens what it is for, and nothing else opens anything', () => {
  const keys = new KeyCheck(DIGESTS, () => 0);
  assert.equal(keys.look(ADMIN, 'a'), 'admin');
  assert.equal(keys.look(VIEWER, 'a'), 'viewer');
  for (const key of ['', ADMIN.slice(1), `${ADMIN} `]) assert.equal(keys.look(key, key), 'wrong');
  assert.equal(new KeyCheck({ ...DIGESTS, viewer: null }, () => 0).look(VIEWER, 'a'), 'wrong');
});

test('whoever guesses gets few answers, and keeps nobody of another address waiting', () => {
  let now = 0;
  const keys = new KeyCheck(DIGESTS, () => now);
  const guesses = Array.from({ length: 7 }, (_, i) => keys.look(`guess ${i}`, 'a'));
  assert.deepEqual(guesses, [...Array.from({ length: 5 }, () => 'wrong'), 'paced', 'paced']);
  assert.equal(keys.look(ADMIN, 'a'), 'paced');
  assert.equal(keys.look(ADMIN, 'b'), 'admin');
  now = 2000;
  assert.equal(keys.look(ADMIN, 'a'), 'admin');
  assert.deepEqual([keys.look('another guess', 'a'), keys.look('one more', 'a')], ['wrong', 'paced']);
  assert.deepEqual(keys.refused, { wrongKeys: 6, pacedKeys: 4 }, 'what an operator reads of it');
});

test('a program that repeats an old key keeps nobody of its address out, and is told so less often', () => {
  const keys = new KeyCheck(DIGESTS, () => 0);
  const verdicts = Array.from({ length: 50 }, () => keys.look('an old key', 'a'));
  assert.deepEqual([verdicts.filter((verdict) => verdict === 'wrong').length, verdicts.at(-1)], [6, 'paced']);
  assert.equal(keys.look(ADMIN, 'a'), 'admin');
});

test('who was there today comes back whatever others guess at the same address, with the same key alone', () => {
  let now = 0;
  const keys = new KeyCheck(DIGESTS, () => now);
  const guess = () => {
    for (let i = 0; i < 20; i++) keys.look(`guess ${i}`, 'a');
  };
  keys.look(VIEWER, 'a');
  guess();
  assert.deepEqual([keys.look(VIEWER, 'a'), keys.look(ADMIN, 'a')], ['viewer', 'paced']);
  keys.use({ ...DIGESTS, viewer: null });
  assert.equal(keys.look(VIEWER, 'a'), 'paced');
  keys.use(DIGESTS);
  now = 24 * 3_600_000;
  guess();
  assert.equal(keys.look(VIEWER, 'a'), 'paced', 'that was yesterday');
});

test('good keys are not counted, however often they come', () => {
  const keys = new KeyCheck(DIGESTS, () => 0);
  for (let i = 0; i < 100; i++) assert.equal(keys.look(VIEWER, 'a'), 'viewer');
});

test('the public demo key opens the dashboard on this host alone, and not where there is a key of its own', () => {
  const choose = (opsHost: string, adminKey: string | null, demoKey: string | null) =>
    chooseOperatorKeys({ opsHost, adminKey, viewerKey: null }, demoKey, 'made').admin;
  assert.equal(choose('127.0.0.1', null, 'demo'), 'demo');
  assert.equal(choose('0.0.0.0', null, 'demo'), 'made');
  assert.equal(choose('127.0.0.1', null, null), 'made');
  assert.equal(choose('127.0.0.1', 'own', 'demo'), 'own');
});
