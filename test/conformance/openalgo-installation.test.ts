/** The command `start` in the directory of an OpenAlgo installation: its database and its `.env`, and nothing else. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/main/config.ts';
import type { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { CliProcess } from '../support/cli-process.ts';
import {
  createOpenAlgoDatabase,
  FERNET_SALT,
  PEPPER,
  storeInstrument,
  storeKey,
} from '../support/openalgo-database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** What OpenAlgo wrote for this key under the test's pepper: its hash, and an encrypted copy under a salt that is lost. */
const ALICE_KEY = 'a'.repeat(64);
const ALICE_HASH =
  '$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgcICQoLDA0ODw$+FHQxMBmT2TX61k7sY7wQN+4ufcws9/AAxVrBBVNYUM';
const BOB_KEY = 'b'.repeat(64);
/** Broker tokens as OpenAlgo encrypted them under the configured salt, and under that of older installations. */
const CONFIGURED = {
  auth: 'gAAAAABlU_EAEBESExQVFhcYGRobHB0eH5xrV8ULswudBNb2NUIawa_1txRHqxpLiMmD0fLDPrGpzXSSbuCsjC_Yb4C3baJe6g==',
  feed: 'gAAAAABlU_EAAAECAwQFBgcICQoLDA0ODxJVOGXk75d_O89FkDg4JZ9xUxfuDgnL1MaNRRbPvCVnH9ZCEtvPMAffGiMe1ML5nQ==',
};
const LEGACY = {
  auth: 'gAAAAABlU_EAEBESExQVFhcYGRobHB0eH84A9z3jw5KUGkANZ5mp910alc9bWh4LDRdZnvkRbb7z7s0m2Sawx-2nDavuPRd3MA==',
  feed: 'gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD1A0fCc2g_exKe6mnX8mKssKvfIHMa6HaU0PDObBjwi9S7An72JIPjYGt6Rtv-mPEA==',
};
/** The exchange checks every one of them: what was decrypted wrongly is refused. */
const CREDENTIALS = {
  authToken: 'JWT.TOKEN',
  feedToken: 'FEED.TOKEN',
  apiKey: 'broker#key',
  clientCode: 'A12345',
};
const INSTRUMENTS = [
  { exchangeType: 1, token: '2885', referencePrice: 250_000, kind: 'cash' },
  { exchangeType: 1, token: '99926000', referencePrice: 2_500_000, kind: 'index' },
  { exchangeType: 13, token: '1234', referencePrice: 845_000_000, kind: 'currency' },
] as const;

function storeSession(db: DatabaseSync, name: string, tokens: { auth: string; feed: string }): void {
  db.prepare(
    "INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES (?, ?, ?, 'angel', ?, 0)",
  ).run(name, tokens.auth, tokens.feed, CREDENTIALS.clientCode);
}

function fill(db: DatabaseSync): void {
  storeKey(db, 'alice', ALICE_KEY, CONFIGURED.feed.replace('gAAAAABl', 'gAAAAABm'));
  db.prepare("UPDATE api_keys SET api_key_hash = ? WHERE user_id = 'alice'").run(ALICE_HASH);
  storeKey(db, 'bob', BOB_KEY);
  storeSession(db, 'alice', CONFIGURED);
  storeSession(db, 'bob', LEGACY);
  const rows = [
    ['RELIANCE', 'RELIANCE-BE', 'NSE', 'NSE', '9999'],
    ['RELIANCE', 'RELIANCE-EQ', 'NSE', 'NSE', '2885'],
    ['NIFTY', 'Nifty 50', 'NSE_INDEX', 'NSE', '99926000'],
    ['USDINR28AUG26FUT', 'USDINR26AUGFUT', 'CDS', 'CDS', '1234'],
  ] as const;
  for (const [symbol, brsymbol, exchange, brexchange, token] of rows) {
    storeInstrument(db, { symbol, brsymbol, exchange, brexchange, token });
  }
}

async function startInstallation(t: TestContext) {
  const cwd = temporaryDirectory(t);
  const db = createOpenAlgoDatabase(join(cwd, 'db', 'openalgo.db'));
  t.after(() => db.close());
  fill(db);
  const exchange = new SimulatedExchange({
    ticksPerSecond: 200,
    instruments: INSTRUMENTS,
    credentials: CREDENTIALS,
  });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  const lines = [
    "# as OpenAlgo's sample file has them",
    "DATABASE_URL = 'sqlite:///db/openalgo.db'  # relative to OpenAlgo's directory",
    `API_KEY_PEPPER = "${PEPPER}"`,
    `FERNET_SALT=${FERNET_SALT}`,
    `BROKER_API_KEY='${CREDENTIALS.apiKey}'`,
    `ANGEL_WS_URL = ${url}`,
    "APP_KEY = 'of no concern here'",
  ];
  writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
  const cli = await CliProcess.spawn(t, [`--zmq-port=${await adjacentPorts()}`], undefined, cwd);
  return { cli, cwd, exchange };
}

test('a directory with an OpenAlgo database and its .env is served by start as it is', async (t) => {
  const { cli, cwd, exchange } = await startInstallation(t);
  const alice = await cli.client(ALICE_KEY);
  const bob = await cli.client(BOB_KEY);
  const names = [
    ['NSE', 'RELIANCE'],
    ['NSE_INDEX', 'NIFTY'],
    ['CDS', 'USDINR28AUG26FUT'],
  ] as const;
  for (const client of [alice, bob]) {
    for (const [each, symbol] of names) {
      assert.equal((await client.subscribe(each, symbol, 2)).status, 'success', symbol);
    }
    assert.equal((await client.subscribe('NSE', 'NOPE', 2)).status, 'partial');
    const ltp = async (symbol: string) => {
      await until(`ticks of ${symbol}`, () => client.ticks(symbol).length > 1);
      return Number(client.ticks(symbol)[0]!.data!.ltp);
    };
    assert.ok(Math.abs((await ltp('RELIANCE')) - 2500) < 300, 'the -EQ row was taken');
    assert.ok(Math.abs((await ltp('NIFTY')) - 25_000) < 6000);
    assert.ok(Math.abs((await ltp('USDINR28AUG26FUT')) - 84.5) < 3, 'a currency has seven decimals');
  }
  const tokens = new Set(
    exchange.connections.flatMap(({ subscriptions }) => subscriptions.map(({ token }) => token)),
  );
  assert.deepEqual([...tokens].sort(), ['1234', '2885', '99926000']);
  assert.equal(exchange.counters.connectionsRefused, 0);
  const wrong = await cli.client('', { authenticate: false });
  assert.equal(
    (await wrong.ask({ action: 'authenticate', api_key: 'c'.repeat(64) })).text,
    '{"status": "error", "code": "AUTHENTICATION_ERROR", "message": "Invalid API key"}',
  );
  const { code } = await cli.signal('SIGTERM');
  assert.equal(code, 0, cli.output);
  assert.deepEqual(
    readdirSync(join(cwd, 'db')).filter((name) => !name.startsWith('openalgo.db')),
    [],
    'no database of our own',
  );
  assert.ok(!cli.output.includes('Demo key'), cli.output);
  for (const secret of ['JWT.TOKEN', 'FEED.TOKEN', PEPPER, CREDENTIALS.apiKey, ALICE_KEY, BOB_KEY]) {
    assert.ok(!cli.output.includes(secret), 'no secret is logged');
  }
});

test('C-27 the stats file tells OpenAlgo the true numbers', async (t) => {
  const { cli, cwd } = await startInstallation(t);
  const path = join(cwd, 'log', 'ws_proxy_stats.json');
  await until('the file', () => existsSync(path));
  const alice = await cli.client(ALICE_KEY);
  const bob = await cli.client(BOB_KEY);
  await cli.client('', { authenticate: false });
  // Three names, one of them in two modes: four keys, whoever holds them.
  for (const client of [alice, bob]) {
    await client.subscribe('NSE', 'RELIANCE', 1);
    await client.subscribe('NSE', 'RELIANCE', 3);
    await client.subscribe('NSE_INDEX', 'NIFTY', 2);
  }
  await bob.subscribe('CDS', 'USDINR28AUG26FUT', 'LTP');
  const text = await until(
    'the numbers of now',
    () => {
      const written = readFileSync(path, 'utf8');
      return written.includes('"clients_connected": 3') && written.includes('"total_symbols": 4') && written;
    },
    25_000,
  );
  assert.match(
    text,
    /^\{"timestamp": \d+\.\d+, "total_connections": 2, "total_symbols": 4, "clients_connected": 3, "brokers": \["angel", "angel"\]\}$/,
  );
  // What OpenAlgo's page asks of it: not older than a minute, by a clock in seconds.
  assert.ok(Math.abs(Date.now() / 1000 - JSON.parse(text).timestamp) < 60);
});

test('C-29 every form of a line in OpenAlgo’s .env is read, and placeholders are refused with an explanation', async (t) => {
  const forms: readonly (readonly [string, string])[] = [
    [`API_KEY_PEPPER = '${PEPPER}'`, PEPPER],
    [`API_KEY_PEPPER='${PEPPER}'  # comment`, PEPPER],
    [`API_KEY_PEPPER="${PEPPER}"`, PEPPER],
    [`API_KEY_PEPPER=${PEPPER}`, PEPPER],
    [`# API_KEY_PEPPER = 'not this one'\nAPI_KEY_PEPPER =   ${PEPPER}   # comment`, PEPPER],
    [`API_KEY_PEPPER = '${PEPPER} # no comment'`, `${PEPPER} # no comment`],
  ];
  for (const [line, value] of forms) {
    const cwd = temporaryDirectory(t);
    writeFileSync(join(cwd, '.env'), `${line}\nFERNET_SALT = '${FERNET_SALT}'\n`);
    const { config, sources } = loadConfig({ argv: [], env: {}, cwd });
    assert.deepEqual(
      [config.apiKeyPepper, config.fernetSalt, sources.apiKeyPepper],
      [value, FERNET_SALT, '.env'],
      line,
    );
  }
  for (const name of ['API_KEY_PEPPER', 'FERNET_SALT']) {
    const cwd = temporaryDirectory(t);
    createOpenAlgoDatabase(join(cwd, 'db', 'openalgo.db')).close();
    const lines = ["DATABASE_URL = 'sqlite:///db/openalgo.db'", `${name} = 'OPENALGO_PLACEHOLDER_${name}'`];
    writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
    const cli = await CliProcess.spawn(t, [], undefined, cwd);
    const { code } = await cli.exited;
    assert.notEqual(code, 0);
    assert.match(cli.output, new RegExp(`${name}.*Start OpenAlgo once`, 's'));
  }
});
