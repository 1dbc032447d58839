/** The main job, end to end: frames of an exchange come out as ticks, in JSON and in msgpack, with equal content. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';

test('a JSON and a msgpack client get the same ticks of the same instrument', async (t) => {
  const { client, exchange } = await startEngineFixture(t);
  const json = await client();
  const msgpack = await client({ framing: 'msgpack' });
  for (const each of [json, msgpack]) {
    for (const mode of [1, 2, 3]) await each.subscribe('NSE', 'RELIANCE', mode);
  }
  await until('the subscription upstream', () =>
    exchange.connections[0]?.subscriptions.some(({ mode }) => mode === 3),
  );
  const from = [json.ticks().length, msgpack.ticks().length];
  exchange.step(20);
  await until(
    'the ticks',
    () => json.ticks().length >= from[0]! + 60 && msgpack.ticks().length >= from[1]! + 60,
  );
  const last = (ticks: readonly unknown[]) => ticks.slice(-60);
  assert.deepEqual(last(json.ticks()), last(msgpack.ticks()));
});
