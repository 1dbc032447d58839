/** A day without OpenAlgo, from the command line: start, log in, fetch the instruments; nothing is started twice. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import { CliProcess } from '../support/cli-process.ts';
import { ACCOUNT, FakeSmartApi } from '../support/fake-smart-api.ts';
import { startListServer, status, whole } from '../support/list-server.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { listText, scrips } from '../support/scrip-list.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const FIRST_OPTION = 'NIFTY28AUG9810000CE';

/**
 * A directory with its `.env`, a broker that logs in, and an exchange that takes the tokens of one session only.
 *
 * @param accepted the number of that session
 */
async function startScene(t: TestContext, lines: readonly string[] = [], accepted = 1) {
  const api = await FakeSmartApi.start(t);
  const exchange = new SimulatedExchange({
    ticksPerSecond: 200,
    credentials: {
      authToken: `JWT.SECRET.${accepted}`,
      feedToken: `FEED.SECRET.${accepted}`,
      clientCode: ACCOUNT.clientCode,
      apiKey: ACCOUNT.apiKey,
    },
  });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  const cwd = temporaryDirectory(t);
  const env = [
    'TICKWIRE_BROKER=angel',
    `ANGEL_WS_URL=${url}`,
    `TICKWIRE_ANGEL_API_URL=${api.url}`,
    `TICKWIRE_ANGEL_CLIENT_CODE=${ACCOUNT.clientCode}`,
    'TICKWIRE_DATABASE_POLL=0.1',
    'TICKWIRE_RECONNECT_INITIAL_MS=50',
    ...lines,
  ];
  writeFileSync(join(cwd, '.env'), `${env.join('\n')}\n`);
  const secrets = {
    BROKER_API_KEY: ACCOUNT.apiKey,
    TICKWIRE_ANGEL_PIN: ACCOUNT.pin,
    TICKWIRE_ANGEL_TOTP: ACCOUNT.code,
  };
  return { api, exchange, cwd, login: () => runCli(['login', 'angel'], { cwd, env: secrets }) };
}

async function untilTicks(client: TestClient, exchange: string, symbol: string): Promise<void> {
  await until(`the instrument ${symbol}`, async () => {
    const { status } = await client.subscribe(exchange, symbol, 1);
    return status === 'success';
  });
  await until(`ticks of ${symbol}`, () => client.ticks(symbol).length > 0);
}

function assertDone({ code, stderr }: CliResult): void {
  assert.equal(code, 0, stderr);
}

test('a running engine takes up the login and the instruments of the command line without a restart', async (t) => {
  const { cwd, login } = await startScene(t, ['TICKWIRE_INSTRUMENTS_AT=off']);
  const cli = await CliProcess.spawn(t, [], undefined, cwd);
  const client = await cli.client(await cli.untilRunning());
  await client.subscribe('NSE', 'RELIANCE', 1);
  await until('the refusal of the demo session', () => cli.output.includes('the broker refuses the session'));
  assertDone(await login());
  await untilTicks(client, 'NSE', 'RELIANCE');

  const list = join(cwd, 'list.json');
  writeFileSync(list, listText(scrips(2000)));
  const stored = await runCli(['instruments', 'angel', '--from', 'list.json'], { cwd });
  assertDone(stored);
  assert.match(
    stored.stdout,
    /^Fetching the instrument list\nConverting the instruments\n2,005 instruments stored \(NFO /,
  );
  assert.ok(!stored.stdout.includes('\u001b'), 'no bar where there is no terminal');
  await untilTicks(client, 'NFO', FIRST_OPTION);
  const again = await runCli(['instruments', 'angel', '--from', 'list.json', '--json'], { cwd });
  assert.deepEqual(JSON.parse(again.stdout), { status: 'unchanged', from: list, rows: 2005 });

  writeFileSync(list, '<html>Busy</html>');
  const broken = await runCli(['instruments', 'angel', '--from', 'list.json'], { cwd });
  assert.equal(broken.code, 65);
  assert.match(broken.stderr, /^tickwire: INSTRUMENTS_NOT_A_LIST: .*the one before stays/);
  const late = await cli.client(await cli.untilRunning());
  await untilTicks(late, 'NFO', FIRST_OPTION);
  assert.doesNotMatch(cli.output, /SECRET|0821|081804|app-key/, 'no secret is logged');
  const { code } = await cli.signal('SIGTERM');
  assert.equal(code, 0, cli.output);
});

test('an engine with a login of ours fetches the instruments by itself, from the address that is configured', async (t) => {
  const server = await startListServer(t, whole(listText(scrips(500))));
  const { cwd, login } = await startScene(t, [`TICKWIRE_INSTRUMENTS_FROM=${server.url}`]);
  assertDone(await login());
  const cli = await CliProcess.spawn(t, [], undefined, cwd);
  const client = await cli.client(await cli.untilRunning());
  await untilTicks(client, 'NFO', FIRST_OPTION);
  assert.equal(server.requests.length, 1);
});

test('tokens that are refused as soon as they have come are not renewed again: the operator is told', async (t) => {
  const { api, exchange, cwd, login } = await startScene(t, ['TICKWIRE_INSTRUMENTS_AT=off'], 99);
  assertDone(await login());
  const cli = await CliProcess.spawn(t, [], undefined, cwd);
  const client = await cli.client(await cli.untilRunning());
  await client.subscribe('NSE', 'RELIANCE', 1);
  await until('the end of the attempts', () => cli.output.includes('log in to the broker again'));
  assert.match(cli.output, /the broker refuses the session; it is renewed/);
  assert.deepEqual([api.count('renew'), api.count('login')], [1, 1]);
  assert.equal(exchange.counters.connectionsRefused, 2);
});

test('on the simulated exchange nothing is fetched and no login is renewed, though there is one', async (t) => {
  const server = await startListServer(t, status(404));
  const { api, cwd, login } = await startScene(t, [`TICKWIRE_INSTRUMENTS_FROM=${server.url}`]);
  assertDone(await login());
  const cli = await CliProcess.spawn(t, ['--broker=simulated'], undefined, cwd);
  const client = await cli.client(await cli.untilRunning());
  await untilTicks(client, 'NSE', 'RELIANCE');
  assert.deepEqual([server.requests.length, api.count('renew')], [0, 0]);
});

test('OpenAlgo’s own instruments are never written', async (t) => {
  const cwd = temporaryDirectory(t);
  const { code, stderr } = await runCli(['instruments', 'angel', '--from', 'x.json'], {
    cwd,
    env: { DATABASE_URL: 'sqlite:///db/openalgo.db' },
  });
  assert.equal(code, 78);
  assert.match(stderr, /DATABASE_NOT_OURS: DATABASE_URL is set, so the instruments are OpenAlgo's to write/);
});
