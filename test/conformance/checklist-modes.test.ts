/** What a client that holds several modes of one symbol gets, whatever the order in which it came to hold them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };
const ORDERS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
] as const;
/** A field that each mode's payload has and no lower one. */
const OWN_FIELD = ['', 'ltp', 'volume', 'depth'] as const;

test('C-17 each tick comes once for every mode held, in that mode’s form, in every order of coming and going', async (t) => {
  let nowMs = 1_700_000_000_000;
  const { client, exchange } = await startEngineFixture(t, { exchange: { clock: () => nowMs } });
  const one = await client();
  const other = await client();

  /** One tick of the exchange, and that both clients get it in the modes they hold and no other. */
  const check = async (held: readonly (readonly [TestClient, readonly number[]])[]) => {
    const highest = Math.max(...held.flatMap(([, modes]) => modes));
    await untilUpstream(exchange, Number.isFinite(highest) ? [`1:2885:${highest}`] : []);
    // The time tells this tick from the image that a subscription brings.
    nowMs += 1000;
    exchange.step();
    for (const [each, modes] of held) {
      const ticks = () => each.ticks().filter(({ data }) => data?.ltt === nowMs);
      await until('the ticks', () => ticks().length >= modes.length);
      await each.ask({ action: 'ping' });
      const found = ticks();
      assert.deepEqual(
        found.map(({ mode }) => mode),
        modes.toSorted(),
      );
      for (const { mode, data } of found) {
        assert.equal(data?.mode, mode);
        const present = OWN_FIELD.map((field, m) => m > 0 && field in data!);
        assert.deepEqual(
          present,
          OWN_FIELD.map((_, m) => m > 0 && m <= Number(mode)),
        );
      }
    }
  };

  for (const [i, coming] of ORDERS.entries()) {
    const going = ORDERS[(i * 5 + 2) % ORDERS.length]!;
    const modes: number[] = [];
    const otherModes: number[] = [];
    const held = [
      [one, modes],
      [other, otherModes],
    ] as const;
    for (const mode of coming) {
      await one.subscribe('NSE', 'RELIANCE', mode);
      modes.push(mode);
      if (mode !== 2) {
        await other.subscribe('NSE', 'RELIANCE', mode);
        otherModes.push(mode);
      }
      await check(held);
    }
    for (const mode of going) {
      for (const [each, list] of held) {
        await each.ask({ action: 'unsubscribe', ...RELIANCE, mode });
        if (list.includes(mode)) list.splice(list.indexOf(mode), 1);
      }
      await check(held);
    }
    await untilUpstream(exchange, []);
  }
});
