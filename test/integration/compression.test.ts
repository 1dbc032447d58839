/** `permessage-deflate`: for who asks while the operator allows it, beside clients that do not. */

import * as library from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SHARED } from '../../src/workers/proxy/connection/compression.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { Received, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const ASKING = { compress: true, path: '/?compress=on' };

function startEngine(t: TestContext, ...flags: readonly string[]) {
  return startEngineFixture(t, { flags: ['--compression', ...flags] });
}

const isCompressed = ({ socket }: TestClient) => socket.extensions.includes('permessage-deflate');
const isTick = ({ message }: Received) => message.type === 'market_data';
const ticksOf = ({ received }: TestClient) =>
  received.filter(isTick).map(({ bytes }) => bytes.toString('hex'));

test('the numbers that the library is set by are its own', () => {
  const { SHARED_COMPRESSOR, SHARED_DECOMPRESSOR } = library as Record<string, unknown>;
  assert.deepEqual([SHARED.COMPRESSOR, SHARED.DECOMPRESSOR], [SHARED_COMPRESSOR, SHARED_DECOMPRESSOR]);
});

for (const framing of ['json', 'msgpack'] as const) {
  test(`who asks for compression gets the same ticks in fewer bytes, and who does not gets them as they are: ${framing}`, async (t) => {
    const { client, exchange } = await startEngine(t);
    const [asking, silent, offering, declining] = await Promise.all([
      client({ ...ASKING, framing }),
      client({ framing }),
      client({ framing, compress: true }),
      client({ framing, compress: true, path: '/?compress=off' }),
    ]);
    const clients = [asking, silent, offering, declining];
    assert.deepEqual(clients.map(isCompressed), [true, false, false, false]);
    for (const each of clients) assert.equal((await each.subscribe('NSE', 'RELIANCE', 3)).status, 'success');
    const before = clients.map((each) => [ticksOf(each).length, each.wireBytes] as const);
    for (let i = 1; i <= 20; i++) {
      exchange.step();
      await until('the tick', () => clients.every((each, at) => ticksOf(each).length >= before[at]![0] + i));
    }
    const [first, ...others] = clients.map((each) => ticksOf(each).slice(-20));
    for (const ticks of others) assert.deepEqual(ticks, first);
    const [deflated, ...whole] = clients.map((each, at) => each.wireBytes - before[at]![1]);
    for (const bytes of whole) assert.ok(deflated! < 0.8 * bytes, `${deflated} of ${bytes} bytes`);
  });
}

test('a client that is alone, and so is written to in another way, gets its ticks compressed too', async (t) => {
  const { client, exchange } = await startEngine(t);
  const only = await client(ASKING);
  await only.subscribe('NSE', 'RELIANCE', 3);
  const before = [only.wireBytes, only.received.length] as const;
  await until('ticks', () => {
    exchange.step();
    return only.ticks().length > 20;
  });
  const ticks = only.received.slice(before[1]).filter(isTick);
  const whole = ticks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert.ok(only.wireBytes - before[0] < 0.8 * whole, `${only.wireBytes - before[0]} of ${whole} bytes`);
});

test('without the operator nobody is served compressed, and who asks is served all the same', async (t) => {
  const { client, exchange } = await startEngineFixture(t);
  const asking = await client(ASKING);
  assert.equal(isCompressed(asking), false);
  await asking.subscribe('NSE', 'RELIANCE');
  await until('a tick', () => {
    exchange.step();
    return asking.ticks().length > 0;
  });
});

test('a wish that does not exist, or that comes after the handshake, is an error that says so', async (t) => {
  const { client, key } = await startEngine(t);
  const wrong = await client({ path: '/?compress=gzip', authenticate: false });
  const answer = await wrong.ask({ action: 'authenticate', api_key: key });
  assert.match(answer.text, /INVALID_OPTION.*compress .*gzip.* use on or off/);
  const late = await client({ authenticate: false });
  const refused = await late.ask({ action: 'authenticate', api_key: key, compress: 'on' });
  assert.match(refused.text, /INVALID_OPTION.*compress=on/);
});

test('a small message that would inflate to a huge one ends its own connection, and nobody else notices', async (t) => {
  const { client, exchange, fatal } = await startEngine(t, `--max-message-bytes=${MIB}`);
  const trader = await client(ASKING);
  await trader.subscribe('NSE', 'RELIANCE');
  const large = await client({ ...ASKING, authenticate: false });
  large.sendRaw(' '.repeat(2 * MIB));
  assert.equal((await large.untilClosed()).code, 1009);
  const bomb = await client({ ...ASKING, authenticate: false });
  bomb.sendRaw(' '.repeat(32 * MIB));
  await bomb.untilClosed();
  const before = trader.ticks().length;
  await until('a tick', () => {
    exchange.step();
    return trader.ticks().length > before;
  });
  assert.deepEqual(fatal, []);
});
