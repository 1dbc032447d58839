/** `tickwire feed` and `tickwire proxy` as a user runs them: each with a parent of its own, in a directory of its own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { CliProcess, isAlive } from '../support/cli-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const STOP_MS = 5000;
const START_MS = 15_000;
/** So that a host that is away is found within a second. */
const QUICK = ['--bus-heartbeat=0.2', '--control-timeout=1'];

function feedHost(t: TestContext, endpoint: string, port?: number): Promise<CliProcess> {
  return CliProcess.spawn(t, [`--bus-endpoint=${endpoint}`, ...QUICK], port, temporaryDirectory(t), ['feed']);
}

async function proxy(
  t: TestContext,
  feeds: string,
  {
    flags = [] as readonly string[],
    cwd = temporaryDirectory(t),
    port = undefined as number | undefined,
  } = {},
): Promise<CliProcess> {
  return CliProcess.spawn(t, [`--feeds=${feeds}`, ...QUICK, ...flags], port, cwd, ['proxy']);
}

function ipcEndpoint(t: TestContext): string {
  return `ipc://${temporaryDirectory(t)}/bus`;
}

function untilServing(cli: CliProcess): Promise<string> {
  return until(
    'a proxy that serves',
    () => /^Tickwire serves.* ws(\S+)$/m.exec(cli.output)?.[1],
    START_MS,
  ).then((rest) => `http${rest}`);
}

/** A client that has ticks, tried again until the feed host is there. */
async function clientWithTicks(cli: CliProcess, key: string): Promise<TestClient> {
  const client = await cli.client(key, { features: ['sequence', 'status'] });
  await until('a confirmation', async () => {
    const { status } = await client.subscribe('NSE', 'RELIANCE');
    return status === 'success';
  });
  await until('a tick', () => client.ticks().length > 0);
  return client;
}

async function untilMoreTicks(client: TestClient): Promise<void> {
  const before = client.ticks().length;
  await until('more ticks', () => client.ticks().length > before, START_MS);
}

/** The parent ended with 0 in time, and what it supervises with it. */
async function assertStops(cli: CliProcess, signal: NodeJS.Signals): Promise<void> {
  const child = await cli.engine();
  const { code, ms } = await cli.signal(signal);
  assert.equal(code, 0, cli.output);
  assert.ok(ms < STOP_MS, `${signal} took ${ms} ms`);
  assert.equal(isAlive(child), false);
}

function logged(cli: CliProcess, message: string): number {
  return cli.output.split(`"msg":"${message}"`).length - 1;
}

for (const transport of ['ipc', 'tcp'] as const) {
  test(`over ${transport} a proxy serves its feed host's key and page, and each of the two stops in order`, async (t) => {
    const endpoint = transport === 'ipc' ? ipcEndpoint(t) : `tcp://127.0.0.1:${await adjacentPorts()}`;
    const feed = await feedHost(t, endpoint);
    const key = await feed.untilRunning();
    assert.ok(feed.output.includes(`publishes ticks on ${endpoint}, and answers proxies on `), feed.output);
    const directory = temporaryDirectory(t);
    const serving = await proxy(t, endpoint, { cwd: directory });
    const url = await untilServing(serving);
    const client = await clientWithTicks(serving, key);
    const data = await (await fetch(new URL('page.json', url))).text();
    assert.match(data, new RegExp(`"watch":\\[\\{.*"demoKey":"${key}","simulated":true`));
    assert.equal(existsSync(join(directory, 'db')), false);
    if (transport === 'ipc') {
      await assertStops(feed, 'SIGTERM');
      await until('the news of it', () => logged(serving, 'feed host is away') === 1);
      assert.equal(client.closed, null);
      await assertStops(serving, 'SIGINT');
    } else {
      await assertStops(serving, 'SIGTERM');
      await assertStops(feed, 'SIGINT');
    }
    assert.equal((await client.untilClosed()).code, 1001);
  });
}

test('a proxy that comes before its feed host has its page, says what it waits for, and serves when it is there', async (t) => {
  const endpoint = ipcEndpoint(t);
  const early = await proxy(t, endpoint);
  const page = await fetch(await untilServing(early));
  assert.equal(page.status, 200);
  const stranger = await early.client('some key', { authenticate: false });
  const refusal = await stranger.ask({ action: 'authenticate', api_key: 'some key' });
  assert.match(refusal.text, new RegExp(`FEED_UNAVAILABLE.*${endpoint}`));
  const feed = await feedHost(t, endpoint);
  const key = await feed.untilRunning();
  await until('the link', () => logged(early, 'feed host is back') === 1);
  const client = await clientWithTicks(early, key);
  assert.equal(logged(early, 'feed host is away'), 1);
  client.terminate();
  stranger.terminate();
});

test('a feed host killed with SIGKILL comes back under its parent, and the same clients have ticks again', async (t) => {
  const endpoint = ipcEndpoint(t);
  const feed = await feedHost(t, endpoint);
  const serving = await proxy(t, endpoint);
  const key = await feed.untilRunning();
  await untilServing(serving);
  const client = await clientWithTicks(serving, key);
  const engine = await feed.engine();
  process.kill(engine, 'SIGKILL');
  await until('another engine', async () => (await feed.engine().catch(() => engine)) !== engine, START_MS);
  await untilMoreTicks(client);
  assert.equal(client.closed, null);
  assert.ok(client.received.some(({ message }) => message.type === 'gap'));
  client.terminate();
});

test('a proxy killed with SIGKILL is back on the same port, and its clients have ticks again', async (t) => {
  const endpoint = ipcEndpoint(t);
  const feed = await feedHost(t, endpoint);
  const serving = await proxy(t, endpoint, { flags: ['--proxy-workers=2'] });
  const key = await feed.untilRunning();
  await untilServing(serving);
  const client = await clientWithTicks(serving, key);
  process.kill(await serving.engine(), 'SIGKILL');
  await client.untilClosed();
  const again = await clientWithTicks(serving, key);
  await assertStops(serving, 'SIGTERM');
  assert.equal((await again.untilClosed()).code, 1001);
});

test('a proxy leaves alone what an .env says of databases, brokers and secrets', async (t) => {
  const cwd = temporaryDirectory(t);
  const lines = [
    'DATABASE_URL=sqlite:////nowhere/openalgo.db',
    `API_KEY_PEPPER=${'p'.repeat(32)}`,
    'ZMQ_PORT=1',
  ];
  writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
  const serving = await proxy(t, ipcEndpoint(t), { cwd });
  await untilServing(serving);
  await assertStops(serving, 'SIGTERM');
});

test('a feed host takes no port for clients, and one whose control socket is taken is not started again and again', async (t) => {
  const port = await adjacentPorts();
  await listen(t, port + 1);
  const beside = await feedHost(t, ipcEndpoint(t), port + 1);
  await beside.untilRunning();
  await assertStops(beside, 'SIGTERM');
  const blocked = await feedHost(t, `tcp://127.0.0.1:${port}`);
  const control = `whose control socket tcp://127.0.0.1:${port + 1} cannot be bound`;
  await assertRefusedOnce(blocked, `TICKWIRE_BUS_ENDPOINT is tcp://127.0.0.1:${port}, ${control}`);
});

test('a proxy whose port is taken ends with that reason, and is not started again and again', async (t) => {
  const port = await adjacentPorts();
  await listen(t, port);
  const blocked = await proxy(t, ipcEndpoint(t), { port });
  await assertRefusedOnce(blocked, `WEBSOCKET_HOST:WEBSOCKET_PORT is 127.0.0.1:${port}`);
});

async function listen(t: TestContext, port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
}

async function assertRefusedOnce(cli: CliProcess, reason: string): Promise<void> {
  assert.equal((await cli.exited).code, 1);
  assert.equal(cli.output.split(`PORT_IN_USE: ${reason}`).length, 2, cli.output);
  assert.doesNotMatch(cli.output, /starting it again/);
}

test('start --source=bus feeds its own clients through its bus, on every transport', async (t) => {
  const endpoints = [ipcEndpoint(t), 'inproc://bus', `tcp://*:${await adjacentPorts()}`];
  for (const endpoint of endpoints) {
    const flags = ['--source=bus', `--bus-endpoint=${endpoint}`, '--bus-allow-plain', ...QUICK];
    const cli = await CliProcess.spawn(t, flags);
    const client = await clientWithTicks(cli, await cli.untilRunning());
    await assertStops(cli, 'SIGTERM');
    assert.equal((await client.untilClosed()).code, 1001);
  }
});
