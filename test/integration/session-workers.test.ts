/** Sessions between workers: a client comes back to whichever accepts it, also while its old connection is not known to be gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/main/config.ts';
import { ProxyHost } from '../../src/main/proxy-host.ts';
import type { ToReader } from '../../src/workers/worker-messages.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { NetworkGate } from '../support/network-gate.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type Received, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const FEATURES = ['session', 'sequence'];
const PROXY = 1;
const ROUNDS = 4;
const isOf =
  (type: string) =>
  ({ message }: Received) =>
    message.type === type;

function sessionOf({ received }: TestClient): string {
  return String(received.find(isOf('auth'))?.message.session);
}

test('on a proxy host of two workers a session comes back on either, whether its connection has ended or not', async (t) => {
  const { exchange, busEndpoint, key } = await startEngineFixture(t);
  const cwd = temporaryDirectory(t);
  const argv = [
    '--websocket-port=0',
    '--ops-port=none',
    `--feeds=${busEndpoint}`,
    '--proxy-workers=2',
    '--control-timeout=5',
  ];
  const { config } = loadConfig({ argv, env: {}, cwd });
  const onFatal = (code: string, message: string) => assert.fail(`${code}: ${message}`);
  const host = new ProxyHost({ config, cwd, log: pino({ level: 'silent' }), onFatal });
  t.after(() => host.stop());
  const url = (await host.start()).url.replace('http:', 'ws:');
  const connect = async (session?: string) => {
    const options = { features: FEATURES, ...(session === undefined ? {} : { session }) };
    const client = await until('the feed host', () =>
      TestClient.connect(url, key, options).catch(() => null),
    );
    t.after(() => client.terminate());
    return client;
  };
  let client = await connect();
  await client.subscribe('NSE', 'RELIANCE', 2);
  for (let round = 0; round < ROUNDS; round++) {
    const before = client;
    await until('a tick', () => {
      if (before.ticks().some(({ snapshot }) => snapshot === undefined)) return true;
      exchange.step();
      return false;
    });
    const isLeft = round % 2 === 0;
    if (isLeft) {
      before.socket.close();
      await before.untilClosed();
    }
    client = await connect(sessionOf(before));
    const { message } = await client.next('word of the session', isOf('session'));
    assert.equal(message.status, 'resumed', `round ${round}`);
    const first = await client.next('the last value', isOf('market_data'));
    assert.equal(first.message.snapshot, true);
    assert.ok(Number(first.message.seq) >= Number(before.ticks().at(-1)!.seq));
    if (!isLeft) assert.equal((await before.untilClosed()).code, 4409);
  }
});

test('a session comes back at once when its connection hangs on a dead network, and when its worker failed', async (t) => {
  const { client, exchange, engine, wsUrl, key } = await startEngineFixture(t);
  const gate = await NetworkGate.listen(t);
  gate.target = Number(new URL(wsUrl).port);
  const hanging = await TestClient.connect(`ws://127.0.0.1:${gate.port}`, key, { features: FEATURES });
  t.after(() => hanging.terminate());
  await hanging.subscribe('NSE', 'RELIANCE', 1);
  await until('a tick', () => {
    exchange.step();
    return hanging.ticks().length > 0;
  });
  gate.holdsCloses = true;
  gate.hold(true);
  const second = await client({ features: FEATURES, session: sessionOf(hanging) });
  const { message } = await second.next('word of the session', isOf('session'));
  assert.equal(message.status, 'resumed');
  await second.next('the notice', isOf('gap'));

  engine.readers[PROXY]!.post({ type: 'nonsense' } as never as ToReader);
  assert.equal((await second.untilClosed()).code, 1001);
  const third = await until('the worker', () =>
    client({ features: FEATURES, session: sessionOf(second) }).catch(() => null),
  );
  const { message: told } = await third.next('word of the session', isOf('session'));
  assert.equal(told.status, 'resumed');
  await third.next('the last value', isOf('market_data'));
});
