/** What the doctor makes of broker sessions and instrument lists in the embedded database, at a time of its own. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openExistingDatabase } from '../../src/main/database/open-database.ts';
import { openOwnDatabase } from '../../src/main/database/own-database.ts';
import { check as checkSession } from '../../src/main/doctor/broker-session.ts';
import type { RunCheck } from '../../src/main/doctor/check.ts';
import type { Outcome } from '../../src/main/doctor/finding.ts';
import { check as checkInstruments } from '../../src/main/doctor/instruments.ts';
import { LoginStore } from '../../src/main/login/login-store.ts';
import { doctorContext } from '../support/doctor-context.ts';
import { jwt } from '../support/doctor-scene.ts';
import { copyEmbeddedDatabase } from '../support/embedded-database-copy.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ANGEL = ['--broker=angel'];
const BY_ITSELF = [...ANGEL, '--angel-pin=1234', '--angel-totp=JBSWY3DPEHPK3PXP'];
const HOUR_MS = 3_600_000;

function scene(t: TestContext) {
  const cwd = temporaryDirectory(t);
  copyEmbeddedDatabase(cwd);
  const run = async (
    check: RunCheck,
    flags: readonly string[],
    now = Date.now(),
  ): Promise<readonly Outcome[]> => {
    const context = doctorContext(flags, new Date(now).toISOString(), cwd);
    const database = openExistingDatabase(context.config, cwd);
    try {
      return await check({ ...context, database: async () => database });
    } finally {
      database?.close();
    }
  };
  const logIn = (user: string, token: string) => {
    const { config } = doctorContext([], new Date().toISOString());
    const own = openOwnDatabase(config, cwd, '');
    const store = new LoginStore(own);
    if (!store.hasUser(user)) store.createUser(user);
    const tokens = { authToken: token, feedToken: token, refreshToken: 'r' };
    store.save(user, { broker: 'angel', clientCode: 'A1', apiKey: 'app', tokens }, 'login');
    own.db.close();
  };
  return { cwd, run, logIn };
}

test('the demo session is go on the simulated exchange, and no-go at the broker, who would refuse it', async (t) => {
  const { run } = scene(t);
  assert.deepEqual(
    (await run(checkSession, [])).map(({ verdict }) => verdict),
    ['go'],
  );
  const [atBroker] = await run(checkSession, ANGEL);
  assert.equal(atBroker?.verdict, 'no-go');
  assert.equal(atBroker.advice, 'Run tickwire login angel; a running engine takes that over.');
});

test('a session that has ended is no-go, or a warning where the engine logs in by itself', async (t) => {
  const { run, logIn } = scene(t);
  logIn('demo', jwt(Date.now() + HOUR_MS));
  const later = Date.now() + 2 * HOUR_MS;
  const [ended] = await run(checkSession, ANGEL, later);
  assert.match(ended?.found ?? '', /^the session of demo at Angel One ended .* IST \(.+\)$/);
  assert.equal(ended?.verdict, 'no-go');
  const [renewed] = await run(checkSession, BY_ITSELF, later);
  assert.equal(renewed?.verdict, 'warn');
  assert.match(renewed?.found ?? '', /logs in by itself/);
});

test('a token of yesterday that says that it lasts is no-go all the same: the broker ends all sessions in the morning', async (t) => {
  const { run, logIn } = scene(t);
  logIn('demo', jwt(Date.now() + 240 * HOUR_MS));
  const [ended] = await run(checkSession, ANGEL, Date.now() + 25 * HOUR_MS);
  assert.match(ended?.found ?? '', /ended .* 05:00 IST \(the broker ends all sessions at 05:00 in India\)$/);
  assert.equal(ended?.verdict, 'no-go');
});

test('one user without a session does not keep the others from trading, and is told of', async (t) => {
  const { run, logIn } = scene(t);
  logIn('alice', jwt(Date.now() + 240 * HOUR_MS));
  const [demo, alice] = await run(checkSession, ANGEL);
  assert.deepEqual(
    [demo?.verdict, demo?.found],
    ['warn', 'demo has the demo session, which Angel One refuses'],
  );
  assert.match(alice?.found ?? '', /^the session of alice at Angel One (is good until|ends) /);
});

test('a list that has shrunken against the one before is a warning, one that is nearly gone no-go', async (t) => {
  const { cwd, run } = scene(t);
  mkdirSync(join(cwd, 'db/instruments'));
  const verdict = async (before: number) => {
    writeFileSync(join(cwd, 'db/instruments/angel.json'), JSON.stringify([{ rows: 63 }, { rows: before }]));
    const [size] = await run(checkInstruments, ANGEL);
    assert.equal(size?.found, `63 instruments of angel; the list before had ${before}`);
    return size.verdict;
  };
  assert.deepEqual([await verdict(70), await verdict(100), await verdict(1000)], ['go', 'warn', 'no-go']);
});
