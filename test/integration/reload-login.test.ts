/** Credentials that are corrected while the broker refuses the engine's tokens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTotpSecret, totpCode, totpStep } from '../../src/main/login/totp.ts';
import { ACCOUNT } from '../support/fake-smart-api.ts';
import { startRenewal, TOTP_SECRET } from '../support/renewal-scene.ts';
import { until } from '../support/until.ts';

test('a login that is configured after the broker has refused the tokens is tried at the reload, and no other', async (t) => {
  const { api, fixture } = await startRenewal(t, 2);
  const { client, engine, exchange, reload } = fixture;
  const expired = { errorcode: 'AB8050', message: 'Invalid Refresh Token' };
  api.misbehaviour.renew.push(expired, expired);
  const step = totpStep(Date.now());
  api.codes = [0, 1, 2].map((ahead) => totpCode(decodeTotpSecret(TOTP_SECRET)!, step + ahead));
  const trader = await client();
  await trader.subscribe('NSE', 'RELIANCE', 1);
  await until('the renewal', () => api.count('renew') === 1);
  await until('the refusal', () => engine.feeds.every(({ state }) => state === 'refused'));

  const secrets = [`TICKWIRE_ANGEL_PIN=${ACCOUNT.pin}`, `TICKWIRE_ANGEL_TOTP=${TOTP_SECRET}`];
  const { reloaded } = await reload('TICKWIRE_ANGEL_CLIENT_CODE=Z99999', ...secrets);
  assert.deepEqual(
    reloaded.map(({ to }) => to),
    ['Z99999', '(hidden)', '(hidden)'],
  );
  await until('another attempt by the refresh token', () => api.count('renew') === 2);
  assert.equal(api.count('login'), 0, 'the login is that of another account');
  // Nothing has changed: nothing is tried.
  await reload('TICKWIRE_ANGEL_CLIENT_CODE=Z99999', ...secrets);
  await reload(`TICKWIRE_ANGEL_CLIENT_CODE=${ACCOUNT.clientCode}`, ...secrets);
  await until('ticks', () => {
    exchange.step(2);
    return trader.ticks('RELIANCE').length > 0;
  });
  assert.deepEqual([api.count('login'), api.count('renew')], [1, 2]);
});
