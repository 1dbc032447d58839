import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { MODE } from '../../src/codec/tick.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { readEntitlementBook } from '../../src/main/entitlements/entitlement-book.ts';
import { openEntitlements } from '../../src/main/entitlements/entitlement-file.ts';
import { EntitlementStore } from '../../src/main/entitlements/entitlement-store.ts';
import { Entitlements } from '../../src/main/entitlements/entitlements.ts';
import { TickwireError } from '../../src/main/errors.ts';
import type { Rights } from '../../src/workers/entitlement-messages.ts';
import { refuseByRights } from '../../src/workers/proxy/entitlements/entitlement-check.ts';
import { rightsOf } from '../support/entitlement-file.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const VIEWER = rightsOf('viewer', { modes: [MODE.LTP] });
const READER = rightsOf('viewer', { modes: [MODE.QUOTE] });
const ASKED = { exchange: 'NSE', symbol: 'INFY', mode: MODE.LTP, depthLevel: 5 } as const;
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  roles: ['name', 'modes', 'depth_levels', 'exchanges', 'symbols', 'orders', 'limits'],
  keys: ['id', 'user', 'name', 'digest', 'role', 'created', 'revoked'],
  users: ['name', 'role'],
};

/** A file in which alice's key and user bob are viewers, and another key of hers is revoked. */
function writeFile(path: string): { readonly good: string; readonly revoked: string } {
  const store = new EntitlementStore(path);
  store.setRole('viewer', () => VIEWER);
  store.assignRole('viewer', { user: 'bob' });
  const good = store.createKey({ user: 'alice', name: '', role: 'viewer' });
  const revoked = store.createKey({ user: 'alice', name: '', role: 'viewer' });
  store.revokeKey(revoked.stored.id);
  store.close();
  return { good: good.key, revoked: revoked.key };
}

function open(path: string, warn: (reason: string) => void = () => {}): Entitlements {
  const log = {
    info: () => {},
    warn: (fields: object) => void ('reason' in fields && warn(`${fields.reason}`)),
  };
  return new Entitlements({ path, isNamed: true, pollMs: 1, onChange: () => {}, log });
}

/** What the key and the user may do. */
function stateOf(entitlements: Entitlements, key: string): string {
  const found = entitlements.find(key);
  const rights = [found && entitlements.rightsOf(found), entitlements.rightsOf({ user: 'bob' })];
  return JSON.stringify([found?.revoked, ...rights]);
}

const text = fc.oneof(
  fc.constantFrom<unknown>(
    ...['viewer', 'full', 'bob', 'alice', '__proto__', 'toString', '', null, 'x'.repeat(200), 7, 2 ** 60],
    ...['true', 'null', '[]', '{}', '[1]', '["NSE"]', '["*?*"]', '[1,"1"]', '[1e999]', '['.repeat(9000)],
    ...['{"__proto__":1}', '{"maxConnections":-1}', '{"maxConnections":0}'],
  ),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 20 }),
);
/** What a role has that allows everything, in the order of its columns. */
const EVERYTHING = ['role', null, null, null, null, 'true', '{}'];
const role = fc.tuple(
  ...EVERYTHING.map((usual) => fc.oneof({ weight: 4, arbitrary: fc.constant<unknown>(usual) }, text)),
);
const row = fc.oneof(
  fc.tuple(fc.constant('roles'), role),
  fc.tuple(fc.constantFrom('keys', 'users'), fc.array(text, { minLength: 7, maxLength: 7 })),
);

/** Writes what the database takes; it refuses a name that is there, and what is no text. */
function insert(db: DatabaseSync, [table, values]: readonly [string, readonly unknown[]]): void {
  const columns = COLUMNS[table]!;
  const marks = columns.map(() => '?').join(', ');
  try {
    db.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`).run(
      ...(values.slice(0, columns.length) as string[]),
    );
  } catch {
    // SQLite refuses the row.
  }
}

function readRoles(path: string): Iterable<Rights> {
  const db = openEntitlements(path);
  try {
    return readEntitlementBook(db).roles.values();
  } finally {
    db.close();
  }
}

/** What a proxy worker may be told: nothing in it makes a question about a subscription fail. */
function assertUsable(rights: Rights): void {
  const { modes, exchanges, symbols } = rights;
  assert.ok(modes === null || modes.every((mode) => Object.values<unknown>(MODE).includes(mode)));
  for (const name of [...(exchanges ?? []), ...(symbols ?? [])]) assert.equal(typeof name, 'string');
  assert.ok(Object.values(rights.limits).every((limit) => limit === null || Number.isSafeInteger(limit)));
  refuseByRights(rights, ASKED);
}

function setUp(t: TestContext) {
  const path = join(temporaryDirectory(t), 'roles.db');
  return { path, keys: writeFile(path) };
}

test('whatever stands in other rows, a key may do what its role says, and a revoked one nothing', async (t) => {
  const { path, keys } = setUp(t);
  const whole = readFileSync(path);
  let runs = 0;
  await fuzz(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (rows) => {
      runs++;
      writeFileSync(path, whole);
      const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
      db.exec('PRAGMA synchronous = OFF');
      for (const each of rows) insert(db, each);
      db.close();
      const entitlements = open(path);
      try {
        assert.equal(stateOf(entitlements, keys.good), JSON.stringify([null, VIEWER, VIEWER]));
        const revoked = entitlements.find(keys.revoked);
        assert.equal(entitlements.standing(`own:${revoked?.id}`).status, 'revoked');
        for (const rights of readRoles(path)) assertUsable(rights);
      } finally {
        entitlements.stop();
      }
    }),
    0.5,
  );
  t.diagnostic(`${runs} files`);
});

test('whatever becomes of the file, keys may do what a start would find there, or what they could before', async (t) => {
  const { path, keys } = setUp(t);
  const wholes = [readFileSync(path)];
  const store = new EntitlementStore(path);
  store.setRole('viewer', () => READER);
  store.close();
  wholes.push(readFileSync(path));
  const states = [VIEWER, READER].map((rights) => JSON.stringify([null, rights, rights]));
  const warnings: string[] = [];
  const running = open(path, (reason) => warnings.push(reason));
  t.after(() => running.stop());
  running.watch();
  const change = fc.record({
    at: fc.nat({ max: wholes[0]!.length - 1 }),
    cut: fc.nat({ max: 200 }),
    insert: fc.uint8Array({ maxLength: 60 }),
  });
  /** Which of both it has read last. A change to the other shows that the whole file was read again. */
  let present = 1;
  let refused = 0;
  await fuzz(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      let bytes: Buffer = wholes[present]!;
      for (const { at, cut, insert: inserted } of changes) {
        bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + cut)]);
      }
      const before = stateOf(running, keys.good);
      warnings.length = 0;
      writeFileSync(path, bytes);
      try {
        const fresh = open(path);
        const wanted = stateOf(fresh, keys.good);
        fresh.stop();
        await until('what a start finds', () => stateOf(running, keys.good) === wanted);
      } catch (error) {
        assert.ok(error instanceof TickwireError && error.code === 'ENTITLEMENTS_UNREADABLE', `${error}`);
        refused++;
        await until('a word of it', () => warnings.length > 0);
        assert.equal(stateOf(running, keys.good), before);
      }
      present = 1 - present;
      writeFileSync(path, wholes[present]!);
      await until('the file that is whole', () => stateOf(running, keys.good) === states[present]);
    }),
    0.5,
  );
  t.diagnostic(`${refused} files that cannot be read`);
});
