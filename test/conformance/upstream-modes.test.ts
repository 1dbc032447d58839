/**
 * What the exchange is asked for: each token once, in the highest mode that anybody holds, and nothing when nobody does,
 * whoever came and left in which order.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClient } from '../support/test-client.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };
const TOKEN = '1:2885';
const ORDERS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
] as const;

test('upstream modes', async (t) => {
  const { client, exchange, fatal, engine } = await startEngineFixture(t);
  const carries = (...modes: number[]) =>
    untilUpstream(
      exchange,
      modes.map((mode) => `${TOKEN}:${mode}`),
    );

  await t.test(
    'C-17 the highest mode of two clients is carried, in every order of coming and going',
    async () => {
      const clients = [await client(), await client()] as const;
      for (const coming of ORDERS) {
        for (const going of ORDERS) {
          const held: number[] = [];
          for (const [i, mode] of coming.entries()) {
            await clients[i % 2]!.subscribe('NSE', 'RELIANCE', mode);
            held.push(mode);
            await carries(Math.max(...held));
          }
          for (const mode of going) {
            const holder = clients[coming.indexOf(mode) % 2]!;
            await holder.ask({ action: 'unsubscribe', ...RELIANCE, mode });
            held.splice(held.indexOf(mode), 1);
            await carries(...held.toSorted().slice(-1));
          }
        }
      }
      assert.equal(engine.subscribedInstruments, 0);
    },
  );

  await t.test('a mode that two clients hold stays until both have left it', async () => {
    const [one, other] = [await client(), await client()];
    for (const each of [one, other]) await each.subscribe('NSE', 'RELIANCE', 3);
    await other.subscribe('NSE', 'RELIANCE', 1);
    await one.ask({ action: 'unsubscribe', ...RELIANCE, mode: 3 });
    await carries(3);
    await other.ask({ action: 'unsubscribe', ...RELIANCE, mode: 3 });
    await carries(1);
    await other.ask({ action: 'unsubscribe_all' });
    await carries();
  });

  await t.test('a client that leaves without a word releases what it held', async () => {
    const [one, other] = [await client(), await client()];
    await one.subscribe('NSE', 'RELIANCE', 3);
    await other.subscribe('NSE', 'RELIANCE', 1);
    one.terminate();
    await carries(1);
    other.socket.close();
    await carries();
  });

  await t.test(
    'a client that leaves before its subscription is confirmed leaves nothing behind',
    async () => {
      for (let round = 0; round < 20; round++) {
        const each = await client();
        each.send({ action: 'subscribe', ...RELIANCE, mode: 2 });
        each.socket.close();
        await each.untilClosed();
      }
      await carries();
    },
  );

  await t.test(
    'clients that come and go at the same moment never lose the subscription of another',
    async () => {
      const coming: TestClient = await client();
      const going: TestClient = await client();
      for (let round = 0; round < 50; round++) {
        await going.subscribe('NSE', 'RELIANCE', 1);
        const confirmed = coming.ask({ action: 'subscribe', ...RELIANCE, mode: 3 });
        const left = going.ask({ action: 'unsubscribe', ...RELIANCE, mode: 1 });
        await Promise.all([confirmed, left]);
        await carries(3);
        await coming.ask({ action: 'unsubscribe', ...RELIANCE, mode: 3 });
      }
      await carries();
      assert.deepEqual(fatal, []);
    },
  );
});
