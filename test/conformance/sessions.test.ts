/** A client that comes back in time gets what it held, told what it missed; nobody else does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import type { Message, Received, TestClient, TestClientOptions } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const FEATURES = ['session', 'sequence'];
const isSession = ({ message }: Received) => message.type === 'session';

/** The id in the authenticate answer. */
function sessionOf({ received }: TestClient): string {
  const { message } = received.find((each) => each.message.type === 'auth')!;
  assert.match(String(message.session), /^[\w-]{22}$/);
  return String(message.session);
}

/** A client that goes on with another one's session, and what it was told about that. */
async function resume(
  { client }: EngineFixture,
  session: string,
  options: TestClientOptions = {},
): Promise<{ readonly client: TestClient; readonly told: Message }> {
  const back = await client({ features: FEATURES, ...options, session });
  const { message } = await back.next('word of the session', isSession);
  return { client: back, told: message };
}

/** Steps the market until a client has so many ticks of a symbol. */
async function untilTicks({ exchange }: EngineFixture, client: TestClient, symbol: string, count: number) {
  await until(`${count} ticks of ${symbol}`, () => {
    if (client.ticks(symbol).length >= count) return true;
    exchange.step();
    return false;
  });
}

test('sessions', async (t) => {
  const fixture = await startEngineFixture(t);
  const watcher = await fixture.client({ features: ['sequence'] });
  for (const symbol of ['RELIANCE', 'INFY']) await watcher.subscribe('NSE', symbol, 3);

  await t.test(
    'what a client held comes back in one message, then for each instrument the notice of what it missed, the last value, and the stream',
    async () => {
      const first = await fixture.client({ features: FEATURES });
      await first.subscribe('NSE', 'RELIANCE', 1);
      await first.subscribe('NSE', 'RELIANCE', 3);
      await first.subscribe('NSE', 'INFY', 2);
      await untilTicks(fixture, first, 'RELIANCE', 4);
      await untilTicks(fixture, first, 'INFY', 2);
      first.socket.close();
      await first.untilClosed();
      await untilTicks(fixture, watcher, 'RELIANCE', watcher.ticks('RELIANCE').length + 5);
      const { client, told } = await resume(fixture, sessionOf(first));
      assert.equal(told.status, 'resumed');
      await untilTicks(fixture, client, 'RELIANCE', 6);
      assert.equal(sessionOf(client), sessionOf(first));
    },
  );
});
