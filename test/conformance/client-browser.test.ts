/** Clients in a browser: OpenAlgo's React application and its charts. Each by its own rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { Message } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const NAMES = ['RELIANCE', 'INFY'].map((symbol) => ({ symbol, exchange: 'NSE' }));

test('C-26 the React manager fills its rows, pings, and ends every mode of a symbol without naming one', async (t) => {
  const { client, exchange, key } = await startEngineFixture(t);
  const react = await client({ authenticate: false });
  const { message: auth } = await react.ask({ action: 'authenticate', api_key: key });
  assert.deepEqual([auth.type ?? auth.status, auth.status, auth.user_id], ['auth', 'success', 'demo']);
  for (const mode of ['LTP', 'Quote', 'Depth'])
    await react.ask({ action: 'subscribe', symbols: NAMES, mode });
  const row: Record<string, unknown> = {};
  await until('every field of a row', () => {
    exchange.step(10);
    for (const { data } of react.ticks('INFY')) Object.assign(row, data);
    const fields = 'ltp open high low close volume change change_percent timestamp depth'.split(' ');
    return fields.every((field) => row[field] !== undefined);
  });
  const sentAt = Date.now();
  const { message: pong } = await react.ask({ action: 'ping', timestamp: sentAt, _pingId: 'ping-1' });
  assert.deepEqual([pong.client_timestamp, pong._pingId], [sentAt, 'ping-1']);

  await react.ask({ action: 'unsubscribe', symbols: [NAMES[0]] });
  const from = react.received.length;
  const later = () => react.received.slice(from).map(({ message }) => message);
  await until('ticks of the other symbol', () => {
    exchange.step(10);
    return later().filter(({ symbol }) => symbol === 'INFY').length > 6;
  });
  assert.ok(later().every(({ symbol }) => symbol !== 'RELIANCE'));
});

test('C-26 the charts send everything in one instant, and read the names and times inside a tick', async (t) => {
  const { client, exchange, key } = await startEngineFixture(t);
  const charts = await client({ authenticate: false });
  charts.send({ action: 'authenticate', api_key: key });
  charts.send({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 3, depth_level: 5 });
  charts.send({ action: 'subscribe', symbol: 'NIFTY', exchange: 'NSE_INDEX', mode: 1, depth_level: 5 });
  await until(
    'the confirmations',
    () => charts.received.filter(({ message }) => message.type === 'subscribe')[1],
  );
  exchange.step(40);
  const tickOf = async (exchangeName: string, symbol: string): Promise<Message> => {
    const { message } = await charts.next(
      `a tick of ${symbol}`,
      (each) => each.message.data?.symbol === symbol && each.message.data.exchange === exchangeName,
    );
    return message;
  };
  const { data } = await tickOf('NSE', 'RELIANCE');
  const { data: index } = await tickOf('NSE_INDEX', 'NIFTY');
  assert.ok(Number(data?.ltp ?? data?.last_price) > 0 && Number(index?.ltp ?? index?.last_price) > 0);
  assert.ok(Number.isInteger(data?.last_trade_quantity ?? data?.ltq) && Number.isInteger(data?.volume));
  const { buy, sell } = data!.depth as Record<'buy' | 'sell', Record<string, number>[]>;
  assert.ok(buy.concat(sell).every(({ price, quantity }) => price! > 0 && quantity! > 0));
  const time = Number(data?.timestamp);
  assert.ok(time > 1e12 && Math.abs(time - Date.now()) < 60_000, 'milliseconds');
  // They answer whatever looks like a ping to them, and an answer that nobody asked for must do no harm.
  for (const { text } of charts.received) if (text.includes('ping')) charts.send({ action: 'pong' });
  charts.send({ action: 'pong' });
  await charts.ask({ action: 'ping' });
  assert.ok(charts.received.every(({ message }) => message.status !== 'error'));
});
