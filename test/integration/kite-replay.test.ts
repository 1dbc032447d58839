/** A session at Kite that is recorded and replayed: clients read the same, but for times of receipt. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRecording } from '../../src/main/replay/copy-recording.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { addKiteAccount, KITE_CLIENT_KEY, KITE_EXCHANGE } from '../support/kite-account.ts';
import { startReplay } from '../support/replay-fixture.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

/** What a client was told, without times of receipt; `ltt` is one where the packet has no time. */
function told(client: TestClient): string[] {
  return client.ticks().map((tick) => {
    const { timestamp: _, ltt, ...data } = tick.data ?? {};
    return JSON.stringify({ ...tick, data, hasTime: tick.mode === 3 ? ltt : null });
  });
}

async function subscribeAll(client: TestClient): Promise<void> {
  for (const [exchange, symbol, mode] of [
    ['NSE', 'RELIANCE', 3],
    ['NSE', 'INFY', 1],
    ['NSE_INDEX', 'NIFTY', 3],
    ['CDS', 'USDINR29DEC26FUT', 2],
  ] as const) {
    assert.equal((await client.subscribe(exchange, symbol, mode)).status, 'success');
  }
}

test('a recorded session at Kite replays with every tick, value for value', async (t) => {
  const path = join(temporaryDirectory(t), 'kite.twr');
  createRecording(path);
  const kite = new SimulatedExchange(KITE_EXCHANGE);
  const { url } = await kite.listen();
  t.after(() => kite.close());
  const fixture = await startEngineFixture(t, {
    recordTo: path,
    flags: [`--zerodha-ws-url=${url}`],
    prepare: addKiteAccount,
  });
  kite.stall(true);
  const client = await fixture.client({ key: KITE_CLIENT_KEY });
  await subscribeAll(client);
  await untilUpstream(kite, ['1:738561:3', '1:408065:1', '9:256265:3', '3:315907:2']);
  kite.stall(false);
  for (let i = 1; i <= 30; i++) {
    const before = client.ticks().length;
    kite.step(10);
    await until('ticks of the step', () => client.ticks().length > before);
  }
  // A price that has not moved is no news: some packets make no tick.
  const count = await until('the last ticks', () => {
    const { ticks = 0, repeated = 0 } = fixture.engine.feeds[0]!.counters;
    const isAll = ticks + repeated === kite.counters.framesSent && client.ticks().length === ticks;
    return isAll ? ticks : null;
  });
  await fixture.engine.stop();
  const replay = await startReplay(t, path);
  assert.deepEqual(
    replay.session.summary.brokers.map(({ name }) => name),
    ['zerodha'],
  );
  const again = await replay.client({});
  await subscribeAll(again);
  await until('all ticks', () => again.ticks().length >= count);
  assert.deepEqual(told(again), told(client));
});
