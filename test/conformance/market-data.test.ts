/** What is in a tick: the exchange's own values, under the deployed keys, one frame for each mode that a client holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANGEL_EXCHANGE_WIRE } from '../../src/codec/angel/exchange-wire.ts';
import { angelPriceDecimals, EXCHANGE_TYPE } from '../../src/codec/angel/frame-layout.ts';
import { knownDemoInstruments } from '../../src/main/simulator/demo-simulation.ts';
import type { SimulatedInstrument } from '../../src/main/simulator/simulated-instrument.ts';
import { SimulatedMarket } from '../../src/main/simulator/simulated-market.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { Message } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const { NSE_CM, BSE_FO, MCX_FO, CDE_FO } = EXCHANGE_TYPE;
const SEED = 7;
const STEPS = 6;
/** Far enough in the past that no stamp of the test's own time could be taken for it. */
const EXCHANGE_START_MS = 1_700_000_000_000;
const LEVELS = [0, 1, 2, 3, 4];

/** The values that a tick of a mode shall have, in the order of its keys; without times, and without the change in %. */
function expectedData(market: SimulatedInstrument, name: { symbol: string; exchange: string }, mode: number) {
  const scale = 10 ** angelPriceDecimals(market.exchangeType);
  const price = (value: number) => value / scale;
  const side = (levels: readonly { price: number; quantity: number; orders: number }[]) =>
    LEVELS.map((i) => {
      const { price: each, quantity, orders } = levels[i] ?? { price: 0, quantity: 0, orders: 0 };
      return { price: price(each), quantity, orders };
    });
  const ltp = price(market.lastTradedPrice);
  const end = { ...name, mode, timestamp: 0 };
  if (mode === 1) return { ltp, ltt: market.exchangeTimeMs, ...end };
  const day = {
    ltp,
    ltt: market.exchangeTimeMs,
    volume: market.volume,
    open: price(market.open),
    high: price(market.high),
    low: price(market.low),
    close: price(market.close),
  };
  const quantity = market.lastTradedQuantity;
  const average = price(market.averageTradedPrice);
  const totals = {
    total_buy_quantity: market.totalBuyQuantity,
    total_sell_quantity: market.totalSellQuantity,
  };
  const changes = { change: price(market.lastTradedPrice - market.close), change_percent: 0 };
  if (mode === 2) {
    const own = { last_trade_quantity: quantity, average_price: average, ...totals };
    return {
      ...day,
      ...own,
      ...end,
      avg_trade_price: average,
      ltq: quantity,
      last_quantity: quantity,
      ...changes,
    };
  }
  return {
    ...day,
    last_quantity: quantity,
    oi: market.openInterest,
    upper_circuit: price(market.upperCircuit),
    lower_circuit: price(market.lowerCircuit),
    depth: { buy: side(market.buy), sell: side(market.sell) },
    ...end,
    last_trade_quantity: quantity,
    ltq: quantity,
    average_price: average,
    avg_trade_price: average,
    ...totals,
    ...changes,
  };
}

const PRICE_KEYS =
  'ltp|open|high|low|close|average_price|avg_trade_price|upper_circuit|lower_circuit|price|change|change_percent|' +
  'total_buy_quantity|total_sell_quantity';

test('market data', async (t) => {
  let nowMs = EXCHANGE_START_MS;
  const clock = () => nowMs;
  const { client, exchange } = await startEngineFixture(t, {
    exchange: { seed: SEED, clock },
    prepare: (db) =>
      db.exec(
        `INSERT INTO symtoken (symbol, brsymbol, name, exchange, brexchange, token)
          VALUES ('NIFTY_MID_SELECT', 'NIFTY MID SELECT', 'MIDCPNIFTY', 'NSE_INDEX', 'NSE', '99926074')`,
      ),
  });
  const json = await client();
  const msgpack = await client({ framing: 'msgpack' });
  const twin = new SimulatedMarket(ANGEL_EXCHANGE_WIRE, SEED, knownDemoInstruments());
  const instruments: [exchange: string, symbol: string, segment: number, token: string][] = [
    ['NSE', 'RELIANCE', NSE_CM, '2885'],
    ['NSE_INDEX', 'NIFTY_MID_SELECT', NSE_CM, '99926074'],
    ['NSE', 'M&M', NSE_CM, '2031'],
    ['NSE', 'BAJAJ-AUTO', NSE_CM, '16669'],
    ['NSE_INDEX', 'NIFTY', NSE_CM, '99926000'],
    ['BFO', 'SENSEX31DEC2684500PE', BSE_FO, '812345'],
    ['MCX', 'CRUDEOIL18DEC26FUT', MCX_FO, '438921'],
    ['CDS', 'USDINR29DEC26FUT', CDE_FO, '1234'],
  ];

  for (const [name, symbol, segment, token] of instruments) {
    await t.test(
      `C-18 C-19 ${name} ${symbol} has the exchange's values in each mode and framing`,
      async () => {
        for (const each of [json, msgpack]) {
          for (const mode of [3, 1, 2]) await each.subscribe(name, symbol, mode);
        }
        await untilUpstream(exchange, [`${segment}:${token}:3`]);
        await until('the first image', () => json.ticks(symbol).length > 0);
        for (const each of [json, msgpack]) await each.ask({ action: 'ping' });
        const from = [json.ticks(symbol).length, msgpack.ticks(symbol).length] as const;
        const fromText = json.received.length;
        const market = twin.instrument(segment, token, nowMs);
        const expected: Message[] = [];
        const began = Date.now();
        for (let step = 0; step < STEPS; step++) {
          nowMs += 1000;
          exchange.step();
          twin.step(market, nowMs);
          for (const mode of [1, 2, 3]) {
            const data = expectedData(market, { symbol, exchange: name }, mode);
            expected.push({ type: 'market_data', symbol, exchange: name, mode, data, broker: 'angel' });
          }
        }
        for (const [i, each] of [json, msgpack].entries()) {
          await until('the ticks', () => each.ticks(symbol).length >= from[i]! + expected.length);
          const ticks = each.ticks(symbol).slice(from[i]!);
          assert.equal(ticks.length, expected.length, 'one frame for each mode and tick');
          for (const [at, tick] of ticks.entries()) {
            const data = { ...tick.data };
            assert.ok(Number(data.timestamp) >= began - 1 && Number(data.timestamp) <= Date.now());
            data.timestamp = 0;
            if (data.change_percent !== undefined) {
              const percent = ((market.close === 0 ? 0 : Number(data.change)) / Number(data.close)) * 100;
              assert.ok(Math.abs(Number(data.change_percent) - percent) < 0.0051);
              data.change_percent = 0;
            }
            assert.deepEqual({ ...tick, data }, expected[at]);
            assert.equal(JSON.stringify(Object.keys(data)), JSON.stringify(Object.keys(expected[at]!.data!)));
            assert.equal(Object.keys(tick).join(), 'type,symbol,exchange,mode,data,broker');
          }
        }
        for (const { text } of json.received.slice(fromText)) {
          const prices = [...text.matchAll(new RegExp(`"(?:${PRICE_KEYS})": ([^,}]+)`, 'g'))];
          assert.ok(prices.length > 0);
          for (const [, number] of prices) assert.match(number!, /^-?\d+\.(\d|\d*[1-9])$/);
          assert.doesNotMatch(text, /[:,](?! )(?=["\d{[-])/, 'a blank behind each colon and comma');
        }
        for (const each of [json, msgpack]) await each.ask({ action: 'unsubscribe_all' });
        await untilUpstream(exchange, []);
      },
    );
  }
});
