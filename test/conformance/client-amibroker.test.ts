/**
 * The strictest client that is in use: OpenAlgo's AmiBroker plugin. A WebSocket client written by hand that looks for the
 * text of the handshake, decodes only the first frame of each socket read, and finds values by text search.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectPlugin, PLUGIN_SYMBOLS } from '../support/amibroker-plugin.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { RawClient } from '../support/raw-client.ts';
import type { Message } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const MAX_READ_BYTES = 16_000;

/** What stands behind the first occurrence of a key, up to the next comma or brace; quotes taken off. */
function textBehind(text: string, key: string): string | null {
  const at = text.indexOf(`"${key}":`);
  if (at < 0) return null;
  return /^\s*"?([^",}]*)/.exec(text.slice(at + key.length + 3))?.[1] ?? null;
}

test('C-26 AmiBroker reads the handshake, and each value at its first occurrence in the text', async (t) => {
  const { wsUrl, key, exchange } = await startEngineFixture(t);
  const plugin = await connectPlugin(wsUrl, key);
  t.after(() => plugin.socket.destroy());
  assert.ok(plugin.head.includes('101 Switching Protocols'));
  exchange.step(50);
  const ticks = () => plugin.frames().filter(({ payload }) => payload.includes('"market_data"'));
  await until('ticks of every symbol', () =>
    PLUGIN_SYMBOLS.every((symbol) =>
      ticks().some(({ payload }) => payload.includes(`"symbol": "${symbol}"`)),
    ),
  );
  for (const { payload } of ticks()) {
    const text = payload.toString();
    const tick = JSON.parse(text) as Message;
    assert.equal(textBehind(text, 'symbol'), tick.symbol);
    assert.equal(textBehind(text, 'exchange'), tick.exchange);
    for (const field of ['ltp', 'last_trade_quantity', 'timestamp']) {
      assert.equal(Number(textBehind(text, field)), tick.data?.[field], field);
    }
    assert.ok(payload.length < MAX_READ_BYTES);
  }
});

test('C-26 AmiBroker may be named in the URL by a fork with a key of its own', async (t) => {
  const { wsUrl, key, exchange } = await startEngineFixture(t);
  const plugin = await RawClient.connect(wsUrl, '/?client=amibroker');
  t.after(() => plugin.socket.destroy());
  await plugin.ask({ action: 'authenticate', api_key: key }, 'success');
  await plugin.ask({ action: 'subscribe', symbol: 'INFY', exchange: 'NSE', mode: 2 }, '"subscribe"');
  await until('a tick', () => plugin.frames().some(({ payload }) => payload.includes('"market_data"')));
  await plugin.ask({ action: 'unsubscribe', symbol: 'INFY', exchange: 'NSE', mode: 2 }, '"unsubscribe"');
  const frames = plugin.frames().length;
  exchange.step(20);
  await plugin.ask({ action: 'ping' }, '"pong"');
  assert.equal(plugin.frames().length, frames + 1, 'no tick behind the confirmation');
});
