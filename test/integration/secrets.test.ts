/**
 * No secret leaves the engine: not in a log, an error, a message, a page, a file or the bus. The secrets of an installation
 * are marked, everything that can be provoked to repeat them is, and all that came out is searched.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { Subscriber } from 'zeromq';
import { Fernet } from '../../src/main/auth/fernet.ts';
import { hashKey } from '../../src/main/auth/key-hash.ts';
import { formatConfig } from '../../src/main/config/format-config.ts';
import { chooseTlsFiles } from '../../src/main/config/tls-files.ts';
import { loadConfig } from '../../src/main/config.ts';
import { openDatabase } from '../../src/main/database/open-database.ts';
import type { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { CliProcess } from '../support/cli-process.ts';
import { assertNoSecret, MARKED } from '../support/marked-secrets.ts';
import { createOpenAlgoDatabase, storeInstrument } from '../support/openalgo-database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { UpstreamServer } from '../support/upstream-server.ts';

const ALL = Object.values(MARKED);
/** A start, and what else takes an engine of its own long on a machine that does other things too. */
const PATIENCE_MS = 40_000;

/** What is said of a configuration from its reading to the opening of its files: what is printed, and what is refused. */
function saidOf(env: Readonly<Record<string, string>>, cwd: string): string {
  const said: string[] = [];
  const attempts = [
    () => said.push(formatConfig(loadConfig({ argv: [], env, cwd }))),
    () => openDatabase(loadConfig({ argv: [], env, cwd }).config, cwd).close(),
    () => chooseTlsFiles(loadConfig({ argv: [], env, cwd }).config, cwd),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch (error) {
      said.push(inspect(error, { depth: 10 }));
    }
  }
  return said.join('\n');
}

test('a configuration is printed or refused without the secrets in it, whatever is wrong with it', (t) => {
  const cwd = temporaryDirectory(t);
  const keyFile = join(cwd, 'key.pem');
  writeFileSync(keyFile, `-----BEGIN PRIVATE KEY-----\n${MARKED.privateKey}\n-----END PRIVATE KEY-----\n`);
  const settings: readonly Record<string, string>[] = [
    { API_KEY_PEPPER: MARKED.password },
    { API_KEY_PEPPER: MARKED.pepper, FERNET_SALT: MARKED.fernetSalt, BROKER_API_KEY: MARKED.brokerApiKey },
    { API_KEY_PEPPER: MARKED.pepper, FERNET_SALT: MARKED.password },
    { TICKWIRE_CURVE_SECRET_KEY: MARKED.password },
    { TICKWIRE_CURVE_SECRET: MARKED.password },
    { DATABASE_URL: `mysql://me:${MARKED.password}@host/openalgo` },
    { DATABASE_URL: `postgresql://me:${MARKED.password}@host/openalgo` },
    { ANGEL_WS_URL: `wss://me:${MARKED.password}@host/` },
    { ANGEL_WS_URL: `https://me:${MARKED.password}@host/` },
    { TICKWIRE_TLS_KEY: keyFile, TICKWIRE_TLS_CERT: keyFile },
  ];
  for (const setting of settings) {
    const said = saidOf(setting, cwd);
    assert.notEqual(said, '');
    assertNoSecret(Object.keys(setting).join(), said, ALL);
  }
});

/** A user with a key, and a broker session whose tokens are encrypted as OpenAlgo does it. */
function storeUser(db: DatabaseSync, name: string, key: string): void {
  const fernet = new Fernet(MARKED.pepper, MARKED.fernetSalt);
  db.prepare('INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)').run(
    name,
    hashKey(key, MARKED.pepper),
    fernet.encrypt(key),
  );
  db.prepare(
    "INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES (?, ?, ?, 'angel', 'A12345', 0)",
  ).run(name, fernet.encrypt(MARKED.authToken), fernet.encrypt(MARKED.feedToken));
}

/** An installation whose every secret is marked, and a broker that repeats the credentials that it gets. */
async function startInstallation(t: TestContext) {
  const cwd = temporaryDirectory(t);
  const db = createOpenAlgoDatabase(join(cwd, 'db', 'openalgo.db'));
  storeUser(db, 'alice', MARKED.clientKey);
  storeUser(db, 'bob', MARKED.otherKey);
  const row = { symbol: 'RELIANCE', exchange: 'NSE', brexchange: 'NSE', token: '2885' };
  storeInstrument(db, row);
  db.close();
  const upstream = await UpstreamServer.listen(t);
  const lines = [
    "DATABASE_URL = 'sqlite:///db/openalgo.db'",
    `API_KEY_PEPPER = '${MARKED.pepper}'`,
    `FERNET_SALT = '${MARKED.fernetSalt}'`,
    `BROKER_API_KEY = '${MARKED.brokerApiKey}'`,
    `ANGEL_WS_URL = '${upstream.url}?secret=${MARKED.password}'`,
  ];
  writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
  const flags = [
    `--zmq-port=${await adjacentPorts()}`,
    '--log-level=trace',
    '--log-format=json',
    '--reconnect-initial-ms=50',
  ];
  const cli = await CliProcess.spawn(t, flags, undefined, cwd);
  return { cli, cwd, upstream };
}

/** Everything in the handshake that could be a credential, as brokers put it into their complaints. */
function complaintOf({ headers, url }: IncomingMessage): string {
  return JSON.stringify({ ...headers, url }).replaceAll(/[^\x20-\x7e]/g, '?');
}

/** The texts of all files in a directory but the database and the configuration, which hold the secrets. */
function filesOf(cwd: string): string {
  return readdirSync(cwd, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== '.env' && !name.includes('.db'))
    .filter((name) => statSync(join(cwd, name)).isFile())
    .map((name) => `${name}: ${readFileSync(join(cwd, name), 'latin1')}`)
    .join('\n');
}

/** What a client may try that has a key in it. */
const PROVOCATIONS = (key: string): readonly string[] => [
  `{"action": "authenticate", "api_key": "${key}"`,
  `{"action": "authenticate", "api_key": ["${key}"]}`,
  `{"action": "authenticate", "api_key": "${key}", "framing": "xml"}`,
  `{"action": "authenticate", "api_key": "${key}", "features": ["magic"]}`,
  `{"action": "authenticate", "apikey": "${key}"}`,
];

test('no secret comes out of an engine whose broker, clients and end provoke it', async (t) => {
  const { cli, cwd, upstream } = await startInstallation(t);
  // Taken up and cut off, turned away for a while, and for good.
  const statuses = [null, 500, null, 401];
  upstream.onHandshake = () => {
    const message = complaintOf(upstream.handshakes.at(-1)!);
    const status = statuses[upstream.handshakes.length - 1] ?? null;
    upstream.treatment = status === null ? 'accept' : { status, message };
  };
  upstream.onText = (text, socket) => {
    const errorMessage = `${complaintOf(upstream.handshakes.at(-1)!)} ${text}`;
    socket.send(JSON.stringify({ correlationID: 'AAAAAAAAAA', errorCode: 'E1001', errorMessage }));
    socket.close(4001, MARKED.authToken.slice(0, 100));
  };
  await until('the engine', () => isListening(cli.port), PATIENCE_MS);
  const alice = await cli.client(MARKED.clientKey, { features: ['status', 'sequence', 'session'] });
  const bob = await cli.client(MARKED.otherKey, { framing: 'msgpack', features: ['status'] });
  // Whoever knows it takes over what alice holds, with her key.
  const session = String(alice.received.find(({ message }) => message.type === 'auth')?.message.session);
  assert.ok(session.length > 20);
  const bus = new Subscriber({ linger: 0 });
  t.after(() => bus.close());
  const frames: string[] = [];
  bus.subscribe('');
  bus.connect(`ipc://${cwd}/bus`);
  void (async () => {
    for await (const parts of bus) frames.push(...parts.map((part) => part.toString('latin1')));
  })().catch(() => {});
  for (const client of [alice, bob])
    client.send({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE' });

  const stranger = await TestClient.connect(`ws://127.0.0.1:${cli.port}`, '', { authenticate: false });
  t.after(() => stranger.terminate());
  const provoked = [...PROVOCATIONS(MARKED.guessedKey), ...PROVOCATIONS(MARKED.clientKey).slice(0, 4)];
  for (const text of provoked) stranger.sendRaw(text);
  await until('an answer to each', () => stranger.received.length >= provoked.length);
  await until('all that the broker says', () => upstream.handshakes.length >= statuses.length, PATIENCE_MS);

  const pages = ['/', '/page.json', `/?api_key=${MARKED.clientKey}`, `/${MARKED.clientKey}`];
  const bodies = await Promise.all(
    pages.map(async (path) => {
      const answer = await fetch(`http://127.0.0.1:${cli.port}${path}`);
      return `${JSON.stringify([...answer.headers])} ${await answer.text()}`;
    }),
  );
  const engine = await cli.engine();
  const commandLines = [cli.child.pid!, engine].map((pid) => readCommandLine(pid));
  await until(
    'the stats file',
    () => (filesOf(cwd).includes('total_connections') ? true : null),
    PATIENCE_MS,
  );
  process.kill(engine, 'SIGABRT');
  await until('word of the end', () => (/the engine ended with/.test(cli.output) ? true : null), PATIENCE_MS);
  await cli.signal('SIGTERM');

  const secrets = [...ALL, session];
  assertNoSecret('the log', cli.output, secrets);
  assertNoSecret('a page', bodies.join('\n'), secrets);
  assertNoSecret('a file', filesOf(cwd), secrets);
  assertNoSecret('the bus', frames.join('\n'), secrets);
  assertNoSecret('the command line', commandLines.join('\n'), secrets);
  for (const [name, client] of Object.entries({ alice, bob, stranger })) {
    const texts = client.received.map(({ message }) => JSON.stringify(message)).join('\n');
    assertNoSecret(`what ${name} was sent`, texts, client === alice ? ALL : secrets);
  }
  assert.match(cli.output, /hidden/, 'the broker repeated them, and they were taken out');
});

function isListening(port: number): Promise<true | null> {
  return fetch(`http://127.0.0.1:${port}/page.json`).then(
    () => true as const,
    () => null,
  );
}

/** Empty where the system does not show it. */
function readCommandLine(pid: number): string {
  return process.platform === 'linux' ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
}
