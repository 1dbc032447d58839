/** A login to a server that refuses, delays and breaks as Angel One does; waits are those of a clock that the test turns. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { openOwnDatabase } from '../../src/main/database/own-database.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { type AngelCredentials, logIn, renewSession } from '../../src/main/login/angel-login.ts';
import { type Clock, LoginLimits } from '../../src/main/login/login-limits.ts';
import { clientAddresses, SmartApi } from '../../src/main/login/smart-api.ts';
import { decodeTotpSecret, totpCode, totpStep } from '../../src/main/login/totp.ts';
import { ACCOUNT, FakeSmartApi, type Misbehaviour } from '../support/fake-smart-api.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TEST_TLS } from '../support/tls-identity.ts';

const SECRET = decodeTotpSecret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')!;
/** Ten seconds into a step. */
const START_MS = 1_900_000_000_000 + 20_000;

class TurnedClock implements Clock {
  time = START_MS;
  readonly waits: number[] = [];

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.waits.push(ms);
    this.time += ms;
  }
}

async function startScene(t: TestContext, timeoutMs = 5000) {
  const server = await FakeSmartApi.start(t);
  const config = { databaseUrl: null, apiKeyPepper: null, fernetSalt: null };
  const database = openOwnDatabase(config, temporaryDirectory(t), 'it is');
  t.after(() => database.db.close());
  const clock = new TurnedClock();
  const limits = new LoginLimits(database.db, clock);
  const client = clientAddresses({ localIp: null, publicIp: null, mac: null });
  const api = new SmartApi({ baseUrl: server.url, apiKey: ACCOUNT.apiKey, client, timeoutMs });
  const typed: AngelCredentials = { ...ACCOUNT, totp: { kind: 'code', code: ACCOUNT.code } };
  const secret: AngelCredentials = { ...ACCOUNT, totp: { kind: 'secret', secret: SECRET } };
  const options = { api, limits, clock };
  return { server, clock, limits, options, database, typed, secret };
}

async function refusal(promise: Promise<unknown>): Promise<TickwireError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof TickwireError, String(error));
    assert.doesNotMatch(error.message, /SECRET|0821|081804|app-key/);
    return error;
  }
  return assert.fail('it should have been refused');
}

const codeAt = (ms: number) => totpCode(SECRET, totpStep(ms));

test('a code that is refused is followed by that of the next step, once', async (t) => {
  const { server, clock, options, secret } = await startScene(t);
  server.codes = [codeAt(START_MS + 30_000)];
  const tokens = await logIn(options, secret);
  assert.equal(tokens.authToken, 'JWT.SECRET.1');
  assert.deepEqual(
    server.requests.map(({ body }) => body.totp),
    [codeAt(START_MS), codeAt(START_MS + 30_000)],
  );
  assert.equal(totpStep(clock.time), totpStep(START_MS) + 1);
});

test('two refused codes are enough: no third one is tried', async (t) => {
  const { server, options, secret } = await startScene(t);
  server.codes = [];
  assert.equal((await refusal(logIn(options, secret))).code, 'LOGIN_REFUSED');
  assert.equal(server.count('login'), 2);
});

test('a code that is about to end, and one that another process has used, are waited out', async (t) => {
  const { server, clock, limits, options, secret } = await startScene(t);
  const stepEnds = (totpStep(START_MS) + 1) * 30_000;
  clock.time = stepEnds - 2000;
  server.codes = [codeAt(stepEnds), codeAt(stepEnds + 30_000)];
  await logIn(options, secret);
  assert.deepEqual(clock.waits, [2000]);
  await (await limits.begin('angel', ACCOUNT.clientCode)).end(true);
  await logIn(options, secret);
  assert.equal(server.requests.at(-1)!.body.totp, codeAt(stepEnds + 30_000));
});

test('a wrong PIN, a blocked account and a wrong API key are told at once and never tried again', async (t) => {
  const cases: [Misbehaviour, RegExp][] = [
    [{ errorcode: 'AB1007', message: 'Login Id or password is invalid' }, /Check client code and PIN/],
    [{ errorcode: 'AB1006', message: 'Client Is Block For Trading' }, /account may not log in/],
    [{ errorcode: 'AG8004', message: 'Invalid API Key' }, /Check BROKER_API_KEY/],
  ];
  for (const [misbehaviour, advice] of cases) {
    const { server, options, secret } = await startScene(t);
    server.misbehaviour.login.push(misbehaviour);
    const error = await refusal(logIn(options, secret));
    assert.equal(error.code, 'LOGIN_REFUSED');
    assert.match(error.message, advice);
    assert.equal(server.count('login'), 1);
  }
});

test('a rate limit and an outage are waited out, never less than five seconds between two logins', async (t) => {
  for (const misbehaviour of ['rate-limit', 'unavailable', 'cut'] as const) {
    const { server, clock, options, typed } = await startScene(t);
    server.misbehaviour.login.push(misbehaviour, misbehaviour);
    const tokens = await logIn(options, typed);
    assert.equal(tokens.refreshToken, 'REFRESH.SECRET.1');
    assert.equal(server.count('login'), 3);
    const waited = clock.waits.reduce((sum, ms) => sum + ms, 0);
    assert.ok(waited >= 10_000, `waited ${waited} ms`);
  }
});

/** Answers that stay what they are, the code that ends the attempts, how many there were, and a part of the message. */
const LASTING: readonly (readonly [Misbehaviour, string, number, RegExp])[] = [
  ['rate-limit', 'LOGIN_UNAVAILABLE', 3, /HTTP 403, "Access denied because of exceeding access rate"/],
  ['unavailable', 'LOGIN_UNAVAILABLE', 3, /HTTP 503, "Service Unavailable"/],
  ['cut', 'LOGIN_UNAVAILABLE', 3, /NETWORK/],
  ['silent', 'LOGIN_UNAVAILABLE', 3, /no answer in time/],
  ['huge', 'LOGIN_UNAVAILABLE', 3, /longer than 1048576 bytes/],
  ['firewall', 'LOGIN_UNAVAILABLE', 2, /support id 1234567890123456789.*firewall/],
  ['web-page', 'LOGIN_FAILED', 2, /HTTP 200, "Welcome"/],
  ['redirect', 'LOGIN_UNAVAILABLE', 3, /HTTP 307/],
  [{ errorcode: 'AB9999', message: 'New trouble' }, 'LOGIN_FAILED', 2, /AB9999, "New trouble"/],
  [
    { errorcode: 'AB1005', message: 'User Type Must Be USER' },
    'LOGIN_FAILED',
    1,
    /another version of Tickwire/,
  ],
];

for (const [misbehaviour, code, attempts, message] of LASTING) {
  const name = typeof misbehaviour === 'string' ? misbehaviour : misbehaviour.errorcode;
  test(`an answer that stays "${name}" ends after ${attempts} attempts with ${code}`, async (t) => {
    const { server, options, typed } = await startScene(t, misbehaviour === 'silent' ? 50 : 5000);
    server.misbehaviour.login.push(...Array.from({ length: 10 }, () => misbehaviour));
    const error = await refusal(logIn(options, typed));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.equal(server.count('login'), attempts);
  });
}

test('a login whose answer lacks a token is a failure, not half a session', async (t) => {
  const { server, options, typed } = await startScene(t);
  server.misbehaviour.login.push('no-feed-token');
  assert.match((await refusal(logIn(options, typed))).message, /lacks a token/);
});

test('a renewal keeps the token that the broker leaves out', async (t) => {
  const { server, options, typed } = await startScene(t);
  const tokens = await logIn(options, typed);
  server.misbehaviour.renew.push('no-feed-token');
  assert.deepEqual(await renewSession(options, tokens), {
    authToken: 'JWT.SECRET.2',
    feedToken: 'FEED.SECRET.1',
    refreshToken: 'REFRESH.SECRET.2',
  });
});

test('a refresh token that is no longer good is told from a trouble that passes', async (t) => {
  const { server, options, typed } = await startScene(t);
  const tokens = await logIn(options, typed);
  server.misbehaviour.renew.push({ errorcode: 'AB1004', message: 'Something Went Wrong' }, 'rate-limit');
  const renewed = await renewSession(options, tokens);
  assert.equal(server.count('renew'), 3);
  for (const errorcode of ['AB8050', 'AB8051', 'AG8001', 'AG8002']) {
    server.misbehaviour.renew.push({ errorcode, message: 'no' });
    assert.equal((await refusal(renewSession(options, renewed))).code, 'LOGIN_SESSION_EXPIRED', errorcode);
  }
  assert.equal(server.count('renew'), 7, 'each is told at once');
});

test('a clock that is wrong is named in the error, since codes depend on it', async (t) => {
  const { server, options, typed } = await startScene(t);
  server.misbehaviour.login.push({ errorcode: 'AB1050', message: 'Invalid totp' });
  server.behindMs = 40_000;
  assert.match(
    (await refusal(logIn(options, typed))).message,
    /clock of this computer is (39|40|41) s ahead of Angel One's/,
  );
});

test('a server that repeats what it was sent does not put it into our messages', async (t) => {
  const { server, options, typed } = await startScene(t);
  const echo = `bad request: pin ${ACCOUNT.pin} totp ${ACCOUNT.code} key ${ACCOUNT.apiKey}`;
  server.misbehaviour.login.push({ errorcode: 'AB1000', message: echo });
  assert.match(
    (await refusal(logIn(options, typed))).message,
    /pin \(hidden\) totp \(hidden\) key \(hidden\)/,
  );
});

test('a secret that the broker repeats at the end of a long message is not shown in part either', async (t) => {
  const { server, options, typed } = await startScene(t);
  const echo = `${'x'.repeat(195)} ${ACCOUNT.apiKey}`;
  server.misbehaviour.login.push({ errorcode: 'AB1000', message: echo });
  assert.doesNotMatch((await refusal(logIn(options, typed))).message, /app-|key-1/);
});

test('a broker that cannot be reached costs none of the five logins', async (t) => {
  const { limits, clock, typed, database } = await startScene(t);
  const client = clientAddresses({ localIp: null, publicIp: null, mac: null });
  const api = new SmartApi({ baseUrl: 'http://127.0.0.1:1', apiKey: ACCOUNT.apiKey, client });
  const error = await refusal(logIn({ api, limits, clock }, typed));
  assert.equal(error.code, 'LOGIN_UNAVAILABLE');
  assert.match(error.message, /NETWORK, "connect ECONNREFUSED/);
  assert.equal(database.db.prepare('SELECT count(*) AS n FROM tickwire_login_attempts').get()?.n, 0);
});

test('a server whose certificate is not to be trusted gets no PIN, whatever the environment says', async (t) => {
  const { limits, clock, typed } = await startScene(t);
  let requests = 0;
  const server = createServer(TEST_TLS, (_request, response) => {
    requests++;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.after(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
  const client = clientAddresses({ localIp: null, publicIp: null, mac: null });
  const api = new SmartApi({ baseUrl: `https://127.0.0.1:${port}`, apiKey: ACCOUNT.apiKey, client });
  assert.match((await refusal(logIn({ api, limits, clock }, typed))).message, /self-signed certificate/);
  assert.equal(requests, 0);
});

test('more than five logins in a quarter of an hour, and two at once, are refused by us', async (t) => {
  const { server, clock, limits, options, typed } = await startScene(t);
  const running = await limits.begin('angel', ACCOUNT.clientCode);
  const busy = await refusal(logIn(options, typed));
  assert.deepEqual([busy.code, busy.exitCode], ['LOGIN_LIMITED', 75]);
  assert.match(busy.message, /another login of this client code is under way/);
  await running.end(true);
  for (let i = 0; i < 4; i++) await logIn(options, typed);
  const error = await refusal(logIn(options, typed));
  assert.equal(error.code, 'LOGIN_LIMITED');
  assert.match(error.message, /5 logins within a quarter of an hour, the next may come in 15 min/);
  assert.equal(server.count('login'), 4);
  clock.time += 15 * 60_000;
  await logIn(options, typed);
  // An attempt of a process that was killed in the middle blocks nobody for long.
  await limits.begin('angel', ACCOUNT.clientCode);
  clock.time += 60_000;
  await logIn(options, typed);
  await limits.begin('angel', 'B1').then((attempt) => attempt.end(true), assert.fail);
});
