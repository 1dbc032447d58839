/** `tickwire login angel` as a user runs it, against a server that answers as Angel One does. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readBrokerSession } from '../../src/main/auth/broker-session.ts';
import { KeyVerifier } from '../../src/main/auth/key-verifier.ts';
import { DEMO_SESSION } from '../../src/main/database/demo-seed.ts';
import { openDatabase } from '../../src/main/database/open-database.ts';
import { ACCOUNT, FakeSmartApi } from '../support/fake-smart-api.ts';
import { CLI, type CliResult, runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const EMBEDDED = { databaseUrl: null, apiKeyPepper: null, fernetSalt: null };

interface Scene {
  readonly api: FakeSmartApi;
  readonly cwd: string;
  readonly env: Record<string, string>;
  login(args?: readonly string[], env?: Record<string, string>): Promise<CliResult>;
  session(user?: string): ReturnType<typeof readBrokerSession>;
}

async function startScene(t: TestContext): Promise<Scene> {
  const api = await FakeSmartApi.start(t);
  const cwd = temporaryDirectory(t);
  const env = {
    TICKWIRE_ANGEL_API_URL: api.url,
    TICKWIRE_ANGEL_CLIENT_CODE: ACCOUNT.clientCode.toLowerCase(),
    TICKWIRE_ANGEL_PIN: ACCOUNT.pin,
    TICKWIRE_ANGEL_TOTP: ACCOUNT.code,
    BROKER_API_KEY: ACCOUNT.apiKey,
  };
  return {
    api,
    cwd,
    env,
    login: (args = [], change = {}) =>
      runCli(['login', 'angel', ...args], { cwd, env: { ...env, ...change } }),
    session: (user = 'demo') => {
      const database = openDatabase(EMBEDDED, cwd);
      const session = readBrokerSession(database.db, database.fernet, user);
      database.close();
      return session;
    },
  };
}

function assertNoSecrets(text: string): void {
  assert.doesNotMatch(text, /SECRET|0821|081804|app-key/);
}

function okSession(n: number) {
  return {
    status: 'ok',
    broker: 'angel',
    authToken: `JWT.SECRET.${n}`,
    feedToken: `FEED.SECRET.${n}`,
    clientCode: ACCOUNT.clientCode,
  };
}

test('a login stores the session as OpenAlgo does, encrypted, says what comes next, and shows no secret', async (t) => {
  const scene = await startScene(t);
  const { code, stdout, stderr } = await scene.login(['--log-level=trace']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Logged in to Angel One as A123456 \(EXAMPLE USER\)\./);
  assert.match(stdout, /stored for the user demo .*Next:.*tickwire instruments angel.*tickwire start /s);
  assertNoSecrets(stdout + stderr);
  assert.deepEqual(scene.session(), okSession(1));
  const [login, profile] = scene.api.requests;
  assert.deepEqual(login!.body, { clientcode: 'A123456', password: '0821', totp: '081804' });
  for (const name of ['x-clientlocalip', 'x-clientpublicip', 'x-macaddress']) {
    assert.match(String(login!.headers[name]), /^[\x21-\x7e]+$/, name);
  }
  assert.deepEqual(
    ['content-type', 'accept', 'x-usertype', 'x-sourceid'].map((name) => login!.headers[name]),
    ['application/json', 'application/json', 'USER', 'WEB'],
  );
  assert.equal(login!.headers.authorization, undefined);
  assert.equal(profile!.headers.authorization, 'Bearer JWT.SECRET.1');
  for (const suffix of ['', '-wal']) {
    const path = join(scene.cwd, 'db', `tickwire.db${suffix}`);
    const bytes = readFileSync(path, { flag: 'a+' }).toString('latin1');
    assertNoSecrets(bytes);
  }
});

test('a wrong PIN is refused with 77 after one attempt, and the session before it stays', async (t) => {
  const scene = await startScene(t);
  const before = scene.session();
  const { code, stdout, stderr } = await scene.login([], { TICKWIRE_ANGEL_PIN: '1234' });
  assert.equal(code, 77);
  assert.match(stderr, /LOGIN_REFUSED.*AB1007, "Login Id or password is invalid".*Check client code and PIN/);
  assert.doesNotMatch(stdout + stderr, /1234/);
  assert.equal(scene.api.count('login'), 1);
  assert.deepEqual(scene.session(), before);
});

test('a wrong code is not tried again; the right one, five seconds later, logs in', async (t) => {
  const scene = await startScene(t);
  const wrong = await scene.login([], { TICKWIRE_ANGEL_TOTP: '111111' });
  assert.equal(wrong.code, 77);
  assert.match(wrong.stderr, /LOGIN_REFUSED.*AB1050/);
  assert.equal(scene.api.count('login'), 1);
  const firstAt = performance.now();
  const right = await scene.login();
  assert.equal(right.code, 0, right.stderr);
  assert.ok(performance.now() - firstAt > 3000, 'logins keep a distance, whichever process makes them');
});

test('a renewal replaces all tokens; a refresh token that is no longer good asks for a login and changes nothing', async (t) => {
  const scene = await startScene(t);
  await scene.login();
  const withoutInput = { TICKWIRE_ANGEL_PIN: '', TICKWIRE_ANGEL_TOTP: '', BROKER_API_KEY: '' };
  const renewed = await scene.login(['--renew'], withoutInput);
  assert.equal(renewed.code, 0, renewed.stderr);
  assert.deepEqual(scene.session(), okSession(2));
  assert.equal(scene.api.requests.at(-2)!.headers.authorization, 'Bearer JWT.SECRET.1');
  scene.api.misbehaviour.renew.push({ errorcode: 'AB8051', message: 'Refresh Token Expired' });
  const expired = await scene.login(['--renew'], withoutInput);
  assert.equal(expired.code, 77);
  assert.match(expired.stderr, /LOGIN_SESSION_EXPIRED.*AB8051.*tickwire login angel/);
  assertNoSecrets(renewed.stdout + renewed.stderr + expired.stdout + expired.stderr);
  assert.deepEqual(scene.session(), okSession(2));
});

test('without a login there is nothing to renew', async (t) => {
  const scene = await startScene(t);
  const { code, stderr } = await scene.login(['--renew']);
  assert.equal(code, 77);
  assert.match(stderr, /LOGIN_SESSION_EXPIRED.*no login that could be renewed/);
  assert.equal(scene.api.requests.length, 0);
});

test('a user that did not exist is created with an API key, which is shown once and works', async (t) => {
  const scene = await startScene(t);
  const { code, stdout, stderr } = await scene.login(['--user', 'alice']);
  assert.equal(code, 0, stderr);
  const key = /API key of alice, shown this once: ([0-9a-f]{64})$/m.exec(stdout)?.[1];
  const database = openDatabase(EMBEDDED, scene.cwd);
  t.after(() => database.close());
  const verifier = new KeyVerifier(database);
  t.after(() => verifier.close());
  assert.deepEqual(await verifier.verify(key!), { userId: 'alice' });
  assert.deepEqual(scene.session('alice'), okSession(1));
  assert.deepEqual(scene.session(), { status: 'ok', ...DEMO_SESSION }, 'the demo user keeps its own');
  const again = await scene.login(['--user', 'alice', '--renew']);
  assert.equal(again.code, 0, again.stderr);
  assert.doesNotMatch(again.stdout, /API key/);
});

test("OpenAlgo's own database is never written: its logins are OpenAlgo's", async (t) => {
  const scene = await startScene(t);
  const { code, stderr } = await scene.login([], { DATABASE_URL: 'sqlite:///db/openalgo.db' });
  assert.equal(code, 78);
  assert.match(
    stderr,
    /DATABASE_NOT_OURS: DATABASE_URL is set, so the broker's session is OpenAlgo's to write/,
  );
  assert.equal(scene.api.requests.length, 0);
});

test('what is missing is named when there is no terminal to ask on', async (t) => {
  const scene = await startScene(t);
  for (const name of [
    'TICKWIRE_ANGEL_CLIENT_CODE',
    'BROKER_API_KEY',
    'TICKWIRE_ANGEL_PIN',
    'TICKWIRE_ANGEL_TOTP',
  ]) {
    const { code, stderr } = await scene.login([], { [name]: '' });
    assert.equal(code, 78);
    assert.match(stderr, new RegExp(`LOGIN_INPUT_MISSING: .*${name} is not set`));
  }
  assert.equal(scene.api.requests.length, 0);
});

test('a PIN never travels unprotected to another host', async (t) => {
  const scene = await startScene(t);
  const { code, stderr } = await scene.login([], { TICKWIRE_ANGEL_API_URL: 'http://api.example.test' });
  assert.equal(code, 78);
  assert.match(stderr, /CONFIG_INVALID: TICKWIRE_ANGEL_API_URL.*must begin with https/);
});

test('another broker is refused with the one that there is', async (t) => {
  const { code, stderr } = await runCli(['login', 'upstox'], { cwd: temporaryDirectory(t) });
  assert.equal(code, 64);
  assert.match(stderr, /COMMAND_INVALID: There is no login to "upstox"; there is one to angel/);
});

test('a stored login survives a profile that cannot be read, with a warning', async (t) => {
  const scene = await startScene(t);
  scene.api.misbehaviour.profile.push('rate-limit');
  const { code, stderr } = await scene.login();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /logged in and stored, but: .*exceeding access rate/);
  assert.deepEqual(scene.session(), okSession(1));
});

test('a login that succeeded in spite of a wrong clock warns of the clock', async (t) => {
  const scene = await startScene(t);
  scene.api.behindMs = -20_000;
  const { code, stderr } = await scene.login();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /clock of this computer is (19|20|21) s behind Angel One's/);
});

test('on a terminal everything is asked for, and no secret is shown while it is typed', async (t) => {
  const scene = await startScene(t);
  const child = spawn('script', ['-qec', `${process.execPath} ${CLI} login angel`, '/dev/null'], {
    cwd: scene.cwd,
    env: { ...process.env, TICKWIRE_ANGEL_API_URL: scene.api.url },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let isMissing = false;
  child.once('error', () => {
    isMissing = true;
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  const answers = [
    ['Client code: ', ACCOUNT.clientCode],
    ['API key of the app: ', ACCOUNT.apiKey],
    ['PIN: ', ACCOUNT.pin],
    ['secret of the authenticator: ', ACCOUNT.code],
  ] as const;
  for (const [question, answer] of answers) {
    await until(`the question "${question}"`, () => isMissing || shown.includes(question));
    if (isMissing) return t.skip('there is no script(1) here');
    child.stdin.write(`${answer}\r`);
  }
  await until('the end of the command', () => child.exitCode !== null);
  assert.equal(child.exitCode, 0, shown);
  assert.match(shown, /A123456/, 'what is no secret is shown');
  assertNoSecrets(shown);
  assert.deepEqual(scene.session(), okSession(1));
});
