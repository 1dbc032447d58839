import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Fernet } from '../../src/main/auth/fernet.ts';
import { hashKey, matchesKeyHash } from '../../src/main/auth/key-hash.ts';
import { KeyVerifier } from '../../src/main/auth/key-verifier.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { createOpenAlgoDatabase, FERNET_SALT, PEPPER, storeKey } from '../support/openalgo-database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const KEY = 'a'.repeat(64);
/** In place of the encrypted copy: no salt fits, so that only Argon2 can tell. */
const UNDECRYPTABLE = 'gAAAAABlU_EA';

function setUp(context: TestContext) {
  const path = join(temporaryDirectory(context), 'openalgo.db');
  const writer = createOpenAlgoDatabase(path);
  const db = new DatabaseSync(path, { readOnly: true });
  const clock = { ms: 0 };
  const verifier = new KeyVerifier({
    db,
    pepper: PEPPER,
    fernet: new Fernet(PEPPER, FERNET_SALT),
    now: () => clock.ms,
  });
  context.after(async () => {
    await verifier.close();
    db.close();
    writer.close();
  });
  return { writer, verifier, clock };
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

test('a key that OpenAlgo hashed is recognised', async () => {
  const hash =
    '$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgcICQoLDA0ODw$+FHQxMBmT2TX61k7sY7wQN+4ufcws9/AAxVrBBVNYUM';
  assert.equal(await matchesKeyHash(hash, KEY, PEPPER), true);
  assert.equal(await matchesKeyHash(hash, KEY, `${PEPPER}x`), false);
});

test('a key is hashed with the parameters that OpenAlgo uses', async () => {
  const hash = hashKey(KEY, PEPPER);
  assert.match(hash, /^\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await matchesKeyHash(hash, KEY, PEPPER), true);
});

test('a hash column that holds no hash matches no key', async () => {
  assert.equal(await matchesKeyHash('', KEY, PEPPER), false);
  assert.equal(await matchesKeyHash('plain text', KEY, PEPPER), false);
});

test('each of several users is recognised by the own key', async (t) => {
  const { writer, verifier } = setUp(t);
  storeKey(writer, 'alice', KEY);
  storeKey(writer, 'bob', 'b'.repeat(64));
  storeKey(writer, 'carol', 'c'.repeat(64), UNDECRYPTABLE);
  assert.deepEqual(await verifier.verify(KEY), { userId: 'alice' });
  assert.deepEqual(await verifier.verify('b'.repeat(64)), { userId: 'bob' });
  assert.deepEqual(await verifier.verify('c'.repeat(64)), { userId: 'carol' });
  assert.equal(await verifier.verify('d'.repeat(64)), null);
  assert.equal(await verifier.verify(''), null);
});

test('a flood of wrong keys costs no Argon2 run where the encrypted copies can be read', async (t) => {
  const { writer, verifier } = setUp(t);
  storeKey(writer, 'alice', KEY);
  const wrong = Array.from({ length: 500 }, (_, index) => verifier.verify(`wrong ${index}`));
  const elapsed = await millisecondsOf(async () => {
    assert.ok((await Promise.all(wrong)).every((owner) => owner === null));
  });
  assert.ok(elapsed < 1000, `${elapsed} ms`);
});

test('a flood of wrong keys that need Argon2 is bounded, and who cannot wait is told so', async (t) => {
  const { writer, verifier } = setUp(t);
  storeKey(writer, 'alice', KEY, UNDECRYPTABLE);
  const checks = Array.from({ length: 80 }, (_, index) => verifier.verify(`wrong ${index}`));
  const settled = Promise.allSettled(checks);
  const closed = verifier.close();
  const codes = (await settled).map((result) =>
    result.status === 'rejected' ? result.reason.code : 'checked',
  );
  const count = (code: string) => codes.filter((other) => other === code).length;
  assert.deepEqual(
    [count('checked'), count('KEY_CHECKS_CLOSED'), count('KEY_CHECKS_BUSY')],
    [1, 16, 63],
    'one runs, 16 wait, the rest is refused',
  );
  await closed;
});

test('equal keys that arrive together share one check, and later ones its verdict', async (t) => {
  const { writer, verifier } = setUp(t);
  storeKey(writer, 'alice', KEY, UNDECRYPTABLE);
  const owners = await Promise.all(Array.from({ length: 200 }, () => verifier.verify(KEY)));
  assert.ok(owners.every((owner) => owner?.userId === 'alice'));
  const wrong = await Promise.all(Array.from({ length: 200 }, () => verifier.verify('wrong')));
  assert.ok(wrong.every((owner) => owner === null));
  const again = await millisecondsOf(async () => {
    for (let repeat = 0; repeat < 100; repeat++) {
      await verifier.verify(KEY);
      await verifier.verify('wrong');
    }
  });
  assert.ok(again < 1000, `200 remembered verdicts took ${again} ms; 200 checks would take 10 s`);
});

test('a regenerated key works at once, although it was refused before, and the old one no longer', async (t) => {
  for (const encrypted of [undefined, UNDECRYPTABLE]) {
    const { writer, verifier } = setUp(t);
    const newKey = 'n'.repeat(64);
    storeKey(writer, 'alice', KEY, encrypted);
    assert.deepEqual(await verifier.verify(KEY), { userId: 'alice' });
    assert.equal(await verifier.verify(newKey), null);
    storeKey(writer, 'alice', newKey, encrypted);
    assert.deepEqual(await verifier.verify(newKey), { userId: 'alice' });
    assert.equal(await verifier.verify(KEY), null);
  }
});

test('a key of a user who was removed is refused', async (t) => {
  const { writer, verifier } = setUp(t);
  storeKey(writer, 'alice', KEY, UNDECRYPTABLE);
  assert.deepEqual(await verifier.verify(KEY), { userId: 'alice' });
  writer.exec('DELETE FROM api_keys');
  assert.equal(await verifier.verify(KEY), null);
});

test('a refused key is checked anew after five minutes, a good one after ten hours', async (t) => {
  const { writer, verifier, clock } = setUp(t);
  storeKey(writer, 'alice', KEY, UNDECRYPTABLE);
  await verifier.verify('wrong');
  await verifier.verify(KEY);
  const isChecked = async (key: string) => (await millisecondsOf(() => verifier.verify(key))) > 10;
  clock.ms = 299_000;
  assert.equal(await isChecked('wrong'), false);
  clock.ms = 300_000;
  assert.equal(await isChecked('wrong'), true);
  clock.ms = 35_999_000;
  assert.equal(await isChecked(KEY), false);
  clock.ms = 36_000_000;
  assert.equal(await isChecked(KEY), true);
});
