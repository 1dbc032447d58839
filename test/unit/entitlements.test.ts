import assert from 'node:assert/strict';
import { chownSync, copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { MODE } from '../../src/codec/tick.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { EntitlementStore } from '../../src/main/entitlements/entitlement-store.ts';
import { Entitlements } from '../../src/main/entitlements/entitlements.ts';
import type { KeyStanding } from '../../src/workers/entitlement-messages.ts';
import { rightsOf } from '../support/entitlement-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const LTP_ONLY = { modes: [MODE.LTP] };

function setUp(t: TestContext) {
  const path = join(temporaryDirectory(t), 'db', 'roles.db');
  const changes: KeyStanding[] = [];
  const warnings: string[] = [];
  const write = <T>(work: (store: EntitlementStore) => T): T => {
    const store = new EntitlementStore(path);
    try {
      return work(store);
    } finally {
      store.close();
    }
  };
  const open = (isNamed = false) => {
    const entitlements = new Entitlements({
      path,
      isNamed,
      pollMs: 5,
      onChange: (changed) => void changes.push(...changed),
      log: pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) }),
    });
    t.after(() => entitlements.stop());
    entitlements.watch();
    return entitlements;
  };
  return { path, changes, warnings, write, open };
}

test('without a file every OpenAlgo key may do everything, and the first key made is found without another start', async (t) => {
  const { write, open } = setUp(t);
  const entitlements = open();
  assert.equal(entitlements.find('any'), undefined);
  assert.equal(entitlements.rightsOf({ user: 'alice' }), null);
  const { key, stored } = write((store) => store.createKey({ user: 'alice', name: '', role: null }));
  const found = await until('the key', () => entitlements.find(key));
  assert.deepEqual(found, stored);
  assert.equal(entitlements.rightsOf(found), null);
});

test('a change of a role is told of every key that has it, once', async (t) => {
  const { write, open, changes } = setUp(t);
  const ids = write((store) => {
    store.setRole('viewer', () => rightsOf('viewer'));
    store.assignRole('viewer', { user: 'alice' });
    const make = (role: string | null) => store.createKey({ user: 'alice', name: '', role }).stored.id;
    return { own: make('viewer'), inherited: make(null), full: make('full') };
  });
  const entitlements = open();
  write((store) => store.setRole('viewer', () => rightsOf('viewer', LTP_ONLY)));
  await until('the news', () => changes.length > 0);
  const rights = rightsOf('viewer', LTP_ONLY);
  const changed = (keyId: string): KeyStanding => ({ keyId, status: 'good', rights });
  const byId = (a: KeyStanding, b: KeyStanding) => a.keyId.localeCompare(b.keyId);
  assert.deepEqual(
    changes.toSorted(byId),
    [changed('openalgo:alice'), changed(`own:${ids.own}`), changed(`own:${ids.inherited}`)].toSorted(byId),
  );
  assert.deepEqual(entitlements.standing(`own:${ids.full}`), {
    keyId: `own:${ids.full}`,
    status: 'good',
    rights: null,
  });
});

test('a key that is revoked, or gone with a file that took the place of this one, is told as revoked', async (t) => {
  const { path, write, open, changes } = setUp(t);
  write((store) => store.setRole('viewer', () => rightsOf('viewer')));
  copyFileSync(path, `${path}.before`);
  const [first, second] = [0, 1].map(() =>
    write((store) => store.createKey({ user: 'alice', name: '', role: 'viewer' })),
  );
  const entitlements = open();
  write((store) => store.revokeKey(first!.stored.id));
  await until('the first', () => changes.length === 1);
  renameSync(`${path}.before`, path);
  await until('the second', () => changes.length === 2 || changes.length === 3);
  const revoked = [first, second].map((each) => ({ keyId: `own:${each!.stored.id}`, status: 'revoked' }));
  for (const each of revoked)
    assert.ok(changes.some(({ keyId, status }) => keyId === each.keyId && status === 'revoked'));
  assert.equal(entitlements.find(second!.key), undefined);
});

test('a file that vanishes, or is overwritten by nonsense, leaves what keys may do as it was, with one warning', async (t) => {
  const { path, write, open, changes, warnings } = setUp(t);
  write((store) => {
    store.setRole('viewer', () => rightsOf('viewer', LTP_ONLY));
    store.assignRole('viewer', { user: 'alice' });
  });
  const entitlements = open();
  const good = readFileSync(path);
  rmSync(path);
  await until('a warning', () => warnings.length === 1);
  writeFileSync(path, 'nonsense'.repeat(1000));
  await until('another one', () => warnings.length === 2);
  assert.deepEqual(entitlements.rightsOf({ user: 'alice' }), rightsOf('viewer', LTP_ONLY));
  assert.deepEqual(changes, []);
  rmSync(path);
  writeFileSync(path, good);
  write((store) => store.assignRole(null, { user: 'alice' }));
  await until('the change after it has come back', () => changes.length > 0);
  assert.equal(entitlements.rightsOf({ user: 'alice' }), null);
});

test('a file that is copied over this one is read, also when as much was written to both', async (t) => {
  const [here, elsewhere] = [setUp(t), setUp(t)];
  for (const [{ write }, user] of [
    [here, 'alice'],
    [elsewhere, 'bobby'],
  ] as const) {
    write((store) => store.assignRole('full', { user }));
    write((store) => store.setRole('viewer', () => rightsOf('viewer', LTP_ONLY)));
    write((store) => store.assignRole('viewer', { user }));
  }
  const entitlements = here.open();
  assert.equal(entitlements.rightsOf({ user: 'bobby' }), null);
  copyFileSync(elsewhere.path, here.path);
  await until('the copy is read', () => entitlements.rightsOf({ user: 'bobby' }) !== null);
  assert.equal(entitlements.rightsOf({ user: 'alice' }), null);
  const changed = here.changes.map(({ keyId }) => keyId);
  assert.deepEqual(changed.toSorted(), ['openalgo:alice', 'openalgo:bobby']);
});

test('an engine does not start on a file that it cannot read, or of a later version', (t) => {
  const { path, write, open } = setUp(t);
  write((store) => store.setRole('viewer', () => rightsOf('viewer')));
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 2');
  db.close();
  assert.throws(() => open(), {
    code: 'ENTITLEMENTS_UNREADABLE',
    message: /it is of version 2, this Tickwire reads version 1/,
  });
  writeFileSync(path, 'nonsense'.repeat(1000));
  const code = 'ENTITLEMENTS_UNREADABLE';
  assert.throws(() => open(), { code, message: /file is not a database/ });
  writeFileSync(path, '');
  assert.throws(() => open(), { code, message: /it is empty\. Bring back a copy of it, or move it away/ });
});

test('whoever names a file that is not there reads that nothing is forbidden; without a name that is as it should be', (t) => {
  const { path, warnings, open } = setUp(t);
  open();
  assert.equal(warnings.length, 0);
  open(true);
  assert.equal(warnings.length, 1);
  assert.ok(warnings[0]!.includes(path) && warnings[0]!.includes('TICKWIRE_ENTITLEMENTS'));
});

test('a role that somebody spoilt, or removed by hand, allows nothing', (t) => {
  const { path, write, open, warnings } = setUp(t);
  write((store) => {
    for (const role of ['spoilt', 'removed']) store.setRole(role, () => rightsOf(role));
    store.assignRole('spoilt', { user: 'alice' });
    store.assignRole('removed', { user: 'bob' });
  });
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  db.exec("UPDATE roles SET modes = 'ltp' WHERE name = 'spoilt'; DELETE FROM roles WHERE name = 'removed'");
  db.close();
  const entitlements = open();
  for (const user of ['alice', 'bob']) {
    const rights = entitlements.rightsOf({ user });
    assert.deepEqual([rights?.modes, rights?.exchanges, rights?.symbols], [[], [], []], user);
  }
  assert.equal(warnings.length, 1);
});

test('the file has no key that could be used, and is for its owner alone', (t) => {
  const { path, write } = setUp(t);
  const { key } = write((store) => store.createKey({ user: 'alice', name: 'desk', role: null }));
  assert.match(key, /^tw_[0-9a-f]{64}$/);
  assert.ok(!readFileSync(path, 'latin1').includes(key.slice(3)));
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a role stays while a good key has it, and goes when only revoked ones have', (t) => {
  const { write } = setUp(t);
  const { stored } = write((store) => {
    store.setRole('viewer', () => rightsOf('viewer'));
    return store.createKey({ user: 'alice', name: '', role: 'viewer' });
  });
  assert.throws(() => write((store) => store.removeRole('viewer')), {
    code: 'ROLE_IN_USE',
    message: new RegExp(`key ${stored.id}`),
  });
  write((store) => store.revokeKey(stored.id));
  write((store) => store.removeRole('viewer'));
  assert.throws(() => write((store) => store.assignRole('viewer', { user: 'alice' })), {
    code: 'ROLE_UNKNOWN',
  });
});

test('what root makes belongs to the owner of the directory, as whom the engine runs', {
  skip: process.getuid?.() !== 0 && 'only root can make files of others',
}, (t) => {
  const { path, write } = setUp(t);
  chownSync(dirname(dirname(path)), 4711, 4712);
  write((store) => store.createKey({ user: 'alice', name: '', role: null }));
  for (const each of [dirname(path), path]) {
    const { uid, gid } = statSync(each);
    assert.deepEqual([uid, gid], [4711, 4712], each);
  }
});
