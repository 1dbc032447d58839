/** The unsubscribe request: which modes each form ends, its confirmation, and the silence behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };
const INFY = { symbol: 'INFY', exchange: 'NSE' };
const done = (symbol: string) =>
  `{"symbol": "${symbol}", "exchange": "NSE", "status": "success", "broker": "angel"}`;

/** A client that holds RELIANCE and INFY in the modes 1, 2 and 3. */
async function holdAll({ client }: EngineFixture): Promise<TestClient> {
  const each = await client();
  for (const mode of [1, 2, 3]) await each.ask({ action: 'subscribe', symbols: [RELIANCE, INFY], mode });
  return each;
}

/** What is still held, by asking for the end of it: as `symbol mode`, sorted by symbol. */
async function heldModes({ exchange, client }: EngineFixture, each: TestClient): Promise<string[]> {
  // A witness in mode 3 tells when a tick of each symbol has passed through the proxy to everybody.
  const witness = await client();
  const before = await until('the subscription of the witness', async () => {
    const answer = await witness.ask({ action: 'subscribe', symbols: [RELIANCE, INFY], mode: 3 });
    return answer.message.status === 'success' && each.received.length;
  });
  for (const { symbol } of [RELIANCE, INFY]) {
    await until(`a depth tick of ${symbol}`, () => {
      exchange.step(10);
      return witness.ticks(symbol).length > 0;
    });
  }
  witness.terminate();
  // An answer behind the ticks: whatever the ticks above made for this client is here.
  await each.ask({ action: 'ping' });
  const ticks = each.received.slice(before).map(({ message }) => message);
  const held = ticks
    .filter(({ type }) => type === 'market_data')
    .map((tick) => `${tick.symbol} ${tick.mode}`);
  return [...new Set(held)].sort();
}

const ALL = ['INFY 1', 'INFY 2', 'INFY 3', 'RELIANCE 1', 'RELIANCE 2', 'RELIANCE 3'];
const without = (...ended: string[]) => ALL.filter((held) => !ended.includes(held));

test('unsubscribe', async (t) => {
  const fixture = await startEngineFixture(t);

  await t.test('the confirmation is the deployed one, byte for byte', async () => {
    const each = await holdAll(fixture);
    const symbols = [
      { ...RELIANCE, mode: 1 },
      { ...INFY, mode: 'Depth' },
    ];
    assert.equal(
      (await each.ask({ action: 'unsubscribe', symbols, request_id: 9 })).text,
      '{"type": "unsubscribe", "status": "success", "message": "Unsubscription processing complete", ' +
        `"successful": [${done('RELIANCE')}, ${done('INFY')}], "failed": [], "broker": "angel", "request_id": 9}`,
    );
    assert.deepEqual(await heldModes(fixture, each), without('RELIANCE 1', 'INFY 3'));
  });

  await t.test('C-16 each form ends the modes that it names, and no other', async () => {
    const forms: [object, readonly string[]][] = [
      [{ ...RELIANCE, mode: 3 }, ['RELIANCE 3']],
      [{ ...RELIANCE, mode: ' ltp ' }, ['RELIANCE 1']],
      [RELIANCE, ['RELIANCE 2']],
      [{ symbols: [RELIANCE, INFY], mode: 'LTP' }, ['RELIANCE 1', 'INFY 1']],
      [{ symbols: [{ ...RELIANCE, mode: 3 }, INFY], mode: 1 }, ['RELIANCE 3', 'INFY 1']],
      [{ symbols: [RELIANCE] }, ['RELIANCE 1', 'RELIANCE 2', 'RELIANCE 3']],
      [{ symbols: [{ ...RELIANCE, mode: 1 }, INFY] }, ['RELIANCE 1', 'INFY 1', 'INFY 2', 'INFY 3']],
    ];
    for (const [form, ended] of forms) {
      const each = await holdAll(fixture);
      const { message } = await each.ask({ action: 'unsubscribe', ...form });
      assert.deepEqual([message.status, message.failed], ['success', []]);
      assert.deepEqual(await heldModes(fixture, each), without(...ended), JSON.stringify(form));
      each.terminate();
    }
  });

  await t.test('C-16 all subscriptions end at once, each mode with an entry of its own', async () => {
    const all: object[] = [
      { action: 'unsubscribe_all' },
      { type: 'unsubscribe_all' },
      { action: 'unsubscribe', unsubscribe_all: true },
    ];
    for (const request of all) {
      const each = await holdAll(fixture);
      const { message } = await each.ask({ ...request, request_id: 'all' });
      assert.deepEqual([message.type, message.status, message.request_id], ['unsubscribe', 'success', 'all']);
      const entries = (message.successful as unknown[]).map((entry) => JSON.stringify(entry));
      const expected = [RELIANCE, INFY].map((name) =>
        JSON.stringify({ ...name, status: 'success', broker: 'angel' }),
      );
      assert.deepEqual(entries.sort(), [...expected, ...expected, ...expected].sort());
      assert.deepEqual(await heldModes(fixture, each), []);
      const { text } = await each.ask({ action: 'unsubscribe_all' });
      assert.ok(text.includes('"status": "success"') && text.includes('"successful": [], "failed": []'));
      each.terminate();
    }
  });

  await t.test('C-16 what was never subscribed is unsubscribed with success', async () => {
    const each = await fixture.client();
    for (const symbol of ['RELIANCE', 'NOPE']) {
      assert.ok(
        (await each.ask({ action: 'unsubscribe', symbol, exchange: 'NSE', mode: 1 })).text.includes(
          `"status": "success", "message": "Unsubscription processing complete", "successful": [${done(symbol)}]`,
        ),
      );
    }
  });

  await t.test(
    'C-16 a mode that does not exist fails its entry, or the whole of a single request',
    async () => {
      const each = await holdAll(fixture);
      const { message: single } = await each.ask({ action: 'unsubscribe', ...RELIANCE, mode: 7 });
      assert.deepEqual(single, {
        status: 'error',
        code: 'INVALID_MODE',
        message: 'Invalid mode 7; expected 1 (LTP), 2 (Quote), or 3 (Depth)',
      });
      const bad = { ...RELIANCE, mode: 'Foo' };
      const failed =
        '"failed": [{"symbol": "RELIANCE", "exchange": "NSE", "status": "error", "message": "Invalid mode \'Foo\'; ' +
        'expected \'LTP\', \'Quote\', or \'Depth\' (case-insensitive)", "broker": "angel"}], "broker": "angel"}';
      const partial = (await each.ask({ action: 'unsubscribe', symbols: [bad, { ...INFY, mode: 1 }] })).text;
      assert.ok(partial.includes('"status": "partial"') && partial.endsWith(failed), partial);
      const none = (await each.ask({ action: 'unsubscribe', symbols: [bad] })).text;
      assert.ok(none.includes('"status": "error"') && none.endsWith(`"successful": [], ${failed}`), none);
      assert.deepEqual(await heldModes(fixture, each), without('INFY 1'));
    },
  );

  await t.test('a request without symbols is refused', async () => {
    const each = await fixture.client();
    for (const request of [{}, { symbols: [] }, { unsubscribe_all: false }, { symbol: 'INFY' }]) {
      assert.equal(
        (await each.ask({ action: 'unsubscribe', ...request })).text,
        '{"status": "error", "code": "INVALID_PARAMETERS", "message": "Either symbols or unsubscribe_all is required"}',
      );
    }
  });

  await t.test('no tick comes behind the confirmation, however busy the market', async () => {
    const each = await fixture.client();
    for (let round = 0; round < 10; round++) {
      await each.subscribe('NSE', 'RELIANCE', 3);
      const from = each.received.length;
      await until('ticks', () => {
        fixture.exchange.step(50);
        return each.ticks('RELIANCE').length > 0 && each.received.length > from + 20;
      });
      fixture.exchange.step(500);
      each.send({ action: 'unsubscribe', ...RELIANCE, mode: 3 });
      fixture.exchange.step(500);
      const answer = await each.next('the answer', ({ message }) => message.type === 'unsubscribe', from);
      const confirmed = each.received.indexOf(answer);
      fixture.exchange.step(50);
      await each.ask({ action: 'ping' });
      const behind = each.received.slice(confirmed).filter(({ message }) => message.type === 'market_data');
      assert.equal(behind.length, 0, `round ${round}`);
    }
  });
});
