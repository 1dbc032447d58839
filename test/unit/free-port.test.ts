import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { TickwireError } from '../../src/main/errors.ts';
import { bindObstacle, chooseFreePort } from '../../src/main/ops/free-port.ts';
import { describePortHolder } from '../../src/main/ops/port-holder.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';

const HOST = '127.0.0.1';
const ON_LINUX = { skip: process.platform !== 'linux' && 'only Linux tells who holds a port' };

async function listen(t: TestContext, port = 0, host = HOST): Promise<number> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const choose = (port: number, portPolicy: 'fail' | 'next', told: unknown[] = [], host = HOST) =>
  chooseFreePort({ websocketHost: host, websocketPort: port, portPolicy }, (taken) => told.push(taken));

async function refusal(port: number, portPolicy: 'fail' | 'next', host = HOST): Promise<string> {
  const error: unknown = await choose(port, portPolicy, [], host).then(
    () => null,
    (each) => each,
  );
  assert.ok(error instanceof TickwireError && error.code === 'PORT_IN_USE', String(error));
  return error.message;
}

test(
  'with the policy fail a port that is taken ends the start, and the message says by whom and what to do',
  ON_LINUX,
  async (t) => {
    const port = await listen(t);
    const message = await refusal(port, 'fail');
    assert.ok(message.startsWith(`WEBSOCKET_HOST:WEBSOCKET_PORT is ${HOST}:${port}, but node`), message);
    assert.ok(message.includes(`(process ${process.pid}) listens there`), message);
    assert.match(message, /set WEBSOCKET_PORT to a free one.*TICKWIRE_PORT_POLICY=next/);
  },
);

test('with the policy next the first free port behind a taken one is used, and the operator is told', async (t) => {
  const first = await adjacentPorts();
  await listen(t, first);
  await listen(t, first + 1);
  const told: { port: number; next: number; holder: string }[] = [];
  const chosen = await choose(first, 'next', told);
  assert.ok(chosen > first + 1, String(chosen));
  assert.deepEqual([told.length, told[0]?.port, told[0]?.next], [1, first, chosen]);
  assert.match(told[0]!.holder, /listens there$/);
  assert.equal(await bindObstacle(HOST, chosen), null);
});

test('a port that is free is taken as it is under either policy, and 0 stands for any', async () => {
  const port = await adjacentPorts();
  const told: unknown[] = [];
  assert.equal(await choose(port, 'fail', told), port);
  assert.equal(await choose(port, 'next', told), port);
  assert.ok((await choose(0, 'next', told)) > 0);
  assert.deepEqual(told, []);
});

test('an address that this machine does not have is refused under the policy next too', async () => {
  // Reserved for documentation: no machine has it.
  assert.match(await refusal(8765, 'next', '203.0.113.1'), /it cannot be bound \(EADDRNOTAVAIL\)/);
});

test(
  'who listens on every address is found for each of them, and who listens on another one is not blamed',
  ON_LINUX,
  async (t) => {
    const own = new RegExp(`^node\\S* \\(process ${process.pid}\\) listens there$`);
    const everywhere = await listen(t, 0, '0.0.0.0');
    assert.match(describePortHolder(HOST, everywhere), own);
    assert.match(describePortHolder('::1', everywhere), own);
    const elsewhere = await listen(t, 0, '127.0.0.2');
    assert.match(describePortHolder('127.0.0.2', elsewhere), own);
    assert.match(describePortHolder('0.0.0.0', elsewhere), own);
    assert.equal(describePortHolder(HOST, elsewhere), 'another program listens there');
  },
);
