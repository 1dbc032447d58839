import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTickEncoder, FEATURE, type SendTime } from '../../src/codec/framing.ts';
import { FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import {
  buildTickTemplate,
  DOUBLE,
  type TickTemplate,
  WORD,
  writeInt64,
} from '../../src/codec/tick-message.ts';
import { RELIANCE, sampleTick, setInt64, withoutLtp } from '../support/sample-tick.ts';

const send: SendTime = new Int32Array(2);
setInt64(send, 0, 1787371200412_400_001n);

function jsonEncoder(view: Mode, features = 0, instrument: Instrument = RELIANCE, depthLevel = 5) {
  const encoder = createTickEncoder('json', instrument, view, features, { depthLevel });
  return {
    counters: encoder.counters,
    text: ({ words, doubles }: TickTemplate) => Buffer.from(encoder.encode(words, doubles, send)).toString(),
  };
}

/** The text of one member of `data`, as it stands on the wire. */
function member(text: string, key: string): string | undefined {
  return text.match(new RegExp(`"${key}": ("[^"]*"|[^,}]+)`))?.[1];
}

const LTP_FRAME =
  '{"type": "market_data", "symbol": "RELIANCE", "exchange": "NSE", "mode": 1, "data": {"ltp": 2500.5, ' +
  '"ltt": 1787371200000, "symbol": "RELIANCE", "exchange": "NSE", "mode": 1, "timestamp": 1787371200412}, ' +
  '"broker": "angel"}';

const DEPTH_BOOK =
  '"depth": {"buy": [{"price": 2500.25, "quantity": 100, "orders": 3}, {"price": 2500.2, "quantity": 101, ' +
  '"orders": 4}, {"price": 2500.15, "quantity": 102, "orders": 5}, {"price": 2500.1, "quantity": 103, "orders": 6}, ' +
  '{"price": 2500.05, "quantity": 104, "orders": 7}], "sell": [{"price": 2500.75, "quantity": 200, "orders": 7}, ' +
  '{"price": 2500.8, "quantity": 201, "orders": 8}, {"price": 2500.85, "quantity": 202, "orders": 9}, ' +
  '{"price": 2500.9, "quantity": 203, "orders": 10}, {"price": 2500.95, "quantity": 204, "orders": 11}]}';

describe('a tick as JSON', () => {
  it('is the deployed frame for an LTP subscriber, from a message of any mode', () => {
    for (const mode of [MODE.LTP, MODE.QUOTE, MODE.DEPTH]) {
      assert.equal(jsonEncoder(MODE.LTP).text(sampleTick(mode)), LTP_FRAME);
    }
  });

  it('is the deployed frame with additions behind timestamp for a Quote subscriber', () => {
    const expected =
      '{"type": "market_data", "symbol": "RELIANCE", "exchange": "NSE", "mode": 2, "data": {"ltp": 2500.5, ' +
      '"ltt": 1787371200000, "volume": 1000000, "open": 2490.0, "high": 2510.75, "low": 2485.25, "close": 2499.0, ' +
      '"last_trade_quantity": 10, "average_price": 2498.35, "total_buy_quantity": 5000.0, ' +
      '"total_sell_quantity": 6000.0, "symbol": "RELIANCE", "exchange": "NSE", "mode": 2, ' +
      '"timestamp": 1787371200412, "avg_trade_price": 2498.35, "ltq": 10, "last_quantity": 10, "change": 1.5, ' +
      '"change_percent": 0.06}, "broker": "angel"}';
    assert.equal(jsonEncoder(MODE.QUOTE).text(sampleTick(MODE.QUOTE)), expected);
    assert.equal(jsonEncoder(MODE.QUOTE).text(sampleTick(MODE.DEPTH)), expected);
  });

  it('is the deployed frame with true prices of the day and additions for a Depth subscriber', () => {
    assert.equal(
      jsonEncoder(MODE.DEPTH).text(sampleTick(MODE.DEPTH)),
      '{"type": "market_data", "symbol": "RELIANCE", "exchange": "NSE", "mode": 3, "data": {"ltp": 2500.5, ' +
        '"ltt": 1787371200000, "volume": 1000000, "open": 2490.0, "high": 2510.75, "low": 2485.25, ' +
        '"close": 2499.0, "last_quantity": 10, "oi": 4321, "upper_circuit": 2750.0, "lower_circuit": 2250.0, ' +
        `${DEPTH_BOOK}, "symbol": "RELIANCE", "exchange": "NSE", "mode": 3, "timestamp": 1787371200412, ` +
        '"last_trade_quantity": 10, "ltq": 10, "average_price": 2498.35, "avg_trade_price": 2498.35, ' +
        '"total_buy_quantity": 5000.0, "total_sell_quantity": 6000.0, "change": 1.5, "change_percent": 0.06}, ' +
        '"broker": "angel"}',
    );
  });

  it('gives a Depth subscriber every key that a Quote subscriber has', () => {
    const keys = (view: Mode) =>
      Object.keys(JSON.parse(jsonEncoder(view).text(sampleTick(MODE.DEPTH))).data).filter(
        (key) => key !== 'mode',
      );
    const depthKeys = new Set(keys(MODE.DEPTH));
    assert.deepEqual(
      keys(MODE.QUOTE).filter((key) => !depthKeys.has(key)),
      [],
    );
  });

  it('prints a price exactly, in the shortest form with at least one decimal', () => {
    const cases: [value: bigint, decimals: number, text: string][] = [
      [250000n, 2, '2500.0'],
      [250050n, 2, '2500.5'],
      [250055n, 2, '2500.55'],
      [845125000n, 7, '84.5125'],
      [1n, 7, '0.0000001'],
      [0n, 2, '0.0'],
      [0n, 7, '0.0'],
      [5n, 2, '0.05'],
      [-5n, 2, '-0.05'],
      [-250050n, 2, '-2500.5'],
      [2147483647n, 2, '21474836.47'],
      [2147483648n, 2, '21474836.48'],
      [9007199254740991n, 2, '90071992547409.91'],
      [9007199254740993n, 2, '90071992547409.93'],
      [-9223372036854775808n, 4, '-922337203685477.5808'],
      [12n, 0, '12.0'],
      [1234567890123n, 9, '1234.567890123'],
    ];
    for (const [value, decimals, text] of cases) {
      const tick = buildTickTemplate(RELIANCE, MODE.LTP, decimals);
      setInt64(tick.words, WORD.LTP, value);
      assert.equal(member(jsonEncoder(MODE.LTP).text(tick), 'ltp'), text);
    }
  });

  it('refuses a scale that it could not print exactly', () => {
    const tick = buildTickTemplate(RELIANCE, MODE.LTP, 10);
    assert.throws(() => jsonEncoder(MODE.LTP).text(tick), /NSE:RELIANCE has 10 decimals, limit 9/);
  });

  it('rounds the change in percent half away from zero, and has 0.0 when there is no close', () => {
    const cases: [ltp: number, close: number, change: string, percent: string][] = [
      [100005, 100000, '0.05', '0.01'],
      [99995, 100000, '-0.05', '-0.01'],
      [100004, 100000, '0.04', '0.0'],
      [99996, 100000, '-0.04', '0.0'],
      [110000, 100000, '100.0', '10.0'],
      [250050, 0, '2500.5', '0.0'],
      [0, 250050, '-2500.5', '-100.0'],
      [150000, 1, '1499.99', '14999900.0'],
    ];
    const tick = sampleTick(MODE.QUOTE);
    const encoder = jsonEncoder(MODE.QUOTE);
    for (const [ltp, close, change, percent] of cases) {
      writeInt64(tick.words, WORD.LTP, ltp);
      writeInt64(tick.words, WORD.CLOSE, close);
      const text = encoder.text(tick);
      assert.deepEqual([member(text, 'change'), member(text, 'change_percent')], [change, percent]);
    }
  });

  it('spells totals as Python spells floats', () => {
    const cases: [value: number, text: string][] = [
      [0, '0.0'],
      [-0, '0.0'],
      [-12, '-12.0'],
      [1234567890, '1234567890.0'],
      [2.5, '2.5'],
      [0.0001, '0.0001'],
      [0.00001, '1e-05'],
      [2.5e-7, '2.5e-07'],
      [9999999999999998, '9999999999999998.0'],
      [1e16, '1e+16'],
      [1.5e300, '1.5e+300'],
      [Number.NaN, 'null'],
      [Number.POSITIVE_INFINITY, 'null'],
    ];
    const tick = sampleTick(MODE.QUOTE);
    const encoder = jsonEncoder(MODE.QUOTE);
    for (const [value, text] of cases) {
      tick.doubles[DOUBLE.TOTAL_BUY_QUANTITY] = value;
      assert.equal(member(encoder.text(tick), 'total_buy_quantity'), text);
    }
  });

  it('says null for what is absent, and the value again afterwards', () => {
    const tick = sampleTick(MODE.QUOTE);
    const encoder = jsonEncoder(MODE.QUOTE);
    const before = encoder.text(tick);
    tick.words[WORD.FLAGS] =
      FLAG.ABSENT_LTP | FLAG.ABSENT_TOTAL_BUY_QUANTITY | FLAG.ABSENT_TOTAL_SELL_QUANTITY;
    const { data } = JSON.parse(encoder.text(tick));
    const absent = Object.keys(data).filter((key) => data[key] === null);
    assert.deepEqual(absent, [
      'ltp',
      'total_buy_quantity',
      'total_sell_quantity',
      'change',
      'change_percent',
    ]);
    tick.words[WORD.FLAGS] = 0;
    assert.equal(encoder.text(tick), before);
  });

  it('escapes names as Python does', () => {
    const symbol = 'M&M "q" \\ \u007f\n é₹😀';
    const text = jsonEncoder(MODE.LTP, 0, { ...RELIANCE, symbol }).text(sampleTick(MODE.LTP));
    assert.ok(
      text.startsWith(
        '{"type": "market_data", "symbol": "M&M \\"q\\" \\\\ \\u007f\\n \\u00e9\\u20b9\\ud83d\\ude00", "ex',
      ),
      text,
    );
  });

  it('adds sequence, stamps and snapshot behind broker for clients that chose them, and changes nothing else', () => {
    const tick = sampleTick(MODE.LTP);
    const encoder = jsonEncoder(MODE.LTP, FEATURE.SEQUENCE | FEATURE.STAMPS | FEATURE.SNAPSHOT);
    const expected =
      `${LTP_FRAME.slice(0, -1)}, "epoch": 1787367600000, "seq": 42, "stamps": ` +
      '{"exchange_time": 1787371200000000000, "receive_time": 1787371200412345678, ' +
      '"publish_time": 1787371200412350000, "send_time": 1787371200412400001, "exchange_seq": 123456789}';
    assert.equal(encoder.text(tick), `${expected}}`);
    tick.words[WORD.FLAGS] = FLAG.SNAPSHOT;
    assert.equal(encoder.text(tick), `${expected}, "snapshot": true}`);
    tick.words[WORD.FLAGS] = 0;
    assert.equal(encoder.text(tick), `${expected}}`);
    assert.equal(encoder.counters.rounded, 0);
  });

  it('hides the snapshot flag from clients that did not choose it', () => {
    const tick = sampleTick(MODE.LTP);
    tick.words[WORD.FLAGS] = FLAG.SNAPSHOT;
    assert.equal(jsonEncoder(MODE.LTP).text(tick), LTP_FRAME);
  });

  it('shows a stale value as stale to clients that chose snapshots or the status, and hides the flag from others', () => {
    const tick = sampleTick(MODE.LTP);
    tick.words[WORD.FLAGS] = FLAG.SNAPSHOT | FLAG.STALE;
    const stale = `${LTP_FRAME.slice(0, -1)}, "stale": true}`;
    const staleSnapshot = `${LTP_FRAME.slice(0, -1)}, "snapshot": true, "stale": true}`;
    const snapshots = jsonEncoder(MODE.LTP, FEATURE.SNAPSHOT);
    assert.equal(snapshots.text(tick), staleSnapshot);
    assert.equal(jsonEncoder(MODE.LTP, FEATURE.STATUS).text(tick), stale);
    for (const features of [0, FEATURE.SEQUENCE & FEATURE.STAMPS]) {
      assert.equal(jsonEncoder(MODE.LTP, features).text(tick), LTP_FRAME);
    }
    tick.words[WORD.FLAGS] = 0;
    assert.equal(snapshots.text(tick), LTP_FRAME, 'the next tick is fresh');
  });

  it('counts ticks with numbers that a JSON parser would round', () => {
    const tick = sampleTick(MODE.QUOTE);
    const encoder = jsonEncoder(MODE.QUOTE);
    setInt64(tick.words, WORD.VOLUME, 9007199254740993n);
    assert.equal(member(encoder.text(tick), 'volume'), '9007199254740993');
    assert.equal(encoder.counters.rounded, 1);
  });

  it('refuses to make a view from a message that does not hold it', () => {
    assert.throws(() => jsonEncoder(MODE.QUOTE).text(sampleTick(MODE.LTP)), RangeError);
    assert.throws(() => jsonEncoder(MODE.LTP).text(sampleTick(MODE.DEEP_DEPTH, RELIANCE, 20)), RangeError);
  });
});

describe("the published design's depth message as JSON", () => {
  const head = '{"type": "market_data", "mode": 4, "depth_level":';
  const names = '"topic": "RELIANCE.NSE", "data": {"symbol": "RELIANCE", "exchange": "NSE", "ltp": 2500.5';

  it('carries the levels asked for and says that the broker supports them', () => {
    assert.equal(
      jsonEncoder(MODE.DEEP_DEPTH).text(sampleTick(MODE.DEPTH)),
      `${head} 5, ${names}, ${DEPTH_BOOK}, "timestamp": "2026-08-22T04:00:00.412Z", "broker_supported": true}}`,
    );
  });

  it('says in each message when the broker has fewer levels', () => {
    assert.equal(
      jsonEncoder(MODE.DEEP_DEPTH, 0, RELIANCE, 20).text(sampleTick(MODE.DEPTH)),
      `${head} 20, "actual_depth_level": 5, ${names}, ${DEPTH_BOOK}, "timestamp": "2026-08-22T04:00:00.412Z", ` +
        '"broker_supported": false, "broker_message": "Angel broker only supports up to 5 depth levels for NSE"}}',
    );
  });

  it('carries twenty levels of a deep book, and no more than asked for', () => {
    const tick = sampleTick(MODE.DEEP_DEPTH, RELIANCE, 20);
    const deep = JSON.parse(jsonEncoder(MODE.DEEP_DEPTH, 0, RELIANCE, 20).text(tick)).data;
    assert.equal(deep.depth.buy.length, 20);
    assert.deepEqual(deep.depth.sell[19], { price: 2501.7, quantity: 219, orders: 26 });
    const five = jsonEncoder(MODE.DEEP_DEPTH, 0, RELIANCE, 5).text(tick);
    assert.equal(five, jsonEncoder(MODE.DEEP_DEPTH).text(sampleTick(MODE.DEPTH)));
  });

  it('follows the clock over midnight and says null while there is no LTP', () => {
    const tick = withoutLtp(sampleTick(MODE.DEPTH));
    const encoder = jsonEncoder(MODE.DEEP_DEPTH);
    for (const time of ['2026-08-22T23:59:59.999Z', '2026-08-23T00:00:00.000Z', '1969-12-31T23:59:59.007Z']) {
      setInt64(tick.words, WORD.RECEIVE_TIME_NS, BigInt(Date.parse(time)) * 1_000_000n + 1n);
      const { data } = JSON.parse(encoder.text(tick));
      assert.deepEqual([data.ltp, data.timestamp], [null, time]);
    }
  });
});
