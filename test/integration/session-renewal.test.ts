/** A running engine whose broker refuses the tokens of a login that was made by `tickwire login`. */
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { decodeTotpSecret, totpCode, totpStep } from '../../src/main/login/totp.ts';
import { FIXTURE_CREDENTIALS } from '../support/engine-fixture.ts';
import { ACCOUNT } from '../support/fake-smart-api.ts';
import { logIn, TOTP_SECRET as SECRET, startRenewal as startScene } from '../support/renewal-scene.ts';
import { until } from '../support/until.ts';

test('tokens that the broker refuses are renewed once, and ticks flow without anybody’s doing', async (t) => {
  const { api, fixture } = await startScene(t, 2);
  const client = await fixture.client();
  await client.subscribe('NSE', 'RELIANCE', 1);
  await until('ticks', () => {
    fixture.exchange.step(2);
    return client.ticks('RELIANCE').length > 0;
  });
  assert.equal(api.count('renew'), 1);
  assert.equal(api.count('login'), 0);
  assert.notEqual(ACCOUNT.apiKey, FIXTURE_CREDENTIALS.apiKey, 'the key is that of the login');
});

test('tokens that come while instruments are written are stored when that ends, and nobody waits for it', async (t) => {
  const { api, fixture } = await startScene(t, 2);
  const writer = new DatabaseSync(fixture.databasePath);
  t.after(() => writer.close());
  writer.exec('BEGIN IMMEDIATE');
  const client = await fixture.client();
  await client.subscribe('NSE', 'RELIANCE', 1);
  await until('the renewal', () => api.count('renew') === 1);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const heldFrom = performance.now();
  await until('a wait longer than SQLite would have had patience', () => performance.now() - heldFrom > 3500);
  delay.disable();
  writer.exec('ROLLBACK');
  await until('ticks', () => {
    fixture.exchange.step(2);
    return client.ticks('RELIANCE').length > 0;
  });
  assert.ok(delay.max < 1e9, `the event loop stood still for ${(delay.max / 1e6).toFixed(0)} ms`);
  assert.equal(api.count('renew'), 1);
});

test('a refresh token that is no longer good ends in one attempt; a login by hand is taken up by the poll', async (t) => {
  const { api, fixture } = await startScene(t, 2);
  api.misbehaviour.renew.push({ errorcode: 'AB8050', message: 'Invalid Refresh Token' });
  const client = await fixture.client();
  await client.subscribe('NSE', 'RELIANCE', 1);
  await until('the renewal', () => api.count('renew') === 1);
  await until('the refusal', () => fixture.engine.feeds.every(({ state }) => state === 'refused'));
  api.issue();
  fixture.writeDatabase((db) => logIn(db, api));
  await until('ticks', () => {
    fixture.exchange.step(2);
    return client.ticks('RELIANCE').length > 0;
  });
  assert.equal(api.count('renew'), 1);
});

test('an engine that is asked to stop does not wait for a broker that does not answer', async (t) => {
  const { api, fixture } = await startScene(t, 2);
  api.misbehaviour.renew.push('silent');
  await fixture.client();
  await until('the renewal', () => api.count('renew') === 1);
  const began = performance.now();
  await fixture.engine.stop();
  const ms = performance.now() - began;
  assert.ok(ms < 4500, `the stop took ${ms} ms`);
});

test('with PIN and secret the engine logs in by itself, once; refused credentials are not tried again', async (t) => {
  const flags = [`--angel-pin=${ACCOUNT.pin}`, `--angel-totp=${SECRET}`];
  const good = await startScene(t, 2, flags);
  const step = totpStep(Date.now());
  good.api.codes = [0, 1, 2].map((ahead) => totpCode(decodeTotpSecret(SECRET)!, step + ahead));
  const client = await good.fixture.client();
  await client.subscribe('NSE', 'RELIANCE', 1);
  await until('a session that is let in', () => {
    good.fixture.exchange.step(2);
    return client.ticks('RELIANCE').length > 0;
  });
  assert.deepEqual([good.api.count('login'), good.api.count('renew')], [1, 0]);

  const wrong = await startScene(t, 2, ['--angel-pin=9999', `--angel-totp=${SECRET}`]);
  const other = await wrong.fixture.client();
  await other.subscribe('NSE', 'RELIANCE', 1);
  await until('ticks by the refresh token', () => {
    wrong.fixture.exchange.step(2);
    return other.ticks('RELIANCE').length > 0;
  });
  assert.deepEqual([wrong.api.count('login'), wrong.api.count('renew')], [1, 1]);
  wrong.fixture.writeDatabase((db) => {
    const row = db.prepare('SELECT stopped_with FROM tickwire_logins').get();
    assert.match(
      String(row?.stopped_with),
      /^[0-9a-f]{64}$/,
      'the refusal is remembered, the credentials are not',
    );
  });
});
