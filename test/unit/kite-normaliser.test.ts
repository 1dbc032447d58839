import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTickEncoder, FEATURE } from '../../src/codec/framing.ts';
import { FLAG, MODE, type Mode } from '../../src/codec/tick.ts';
import { buildTickTemplate, WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { kitePriceDecimals } from '../../src/codec/zerodha/frame-layout.ts';
import { depthLevelsOf, normalise, tickModeOf } from '../../src/codec/zerodha/normaliser.ts';
import { KITE_VECTORS, soiledReader } from '../support/kite-wire.ts';

const RECEIVED_MS = 1_784_712_900_123;

/** What a client is told of the only packet of a vector. */
function dataOf(name: string, view: Mode, mode?: Mode, features = FEATURE.STAMPS) {
  const vector = KITE_VECTORS.find((candidate) => candidate.name === name);
  assert.ok(vector, name);
  const bytes = Buffer.from(vector.hex, 'hex');
  const reader = soiledReader();
  reader.open(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
  assert.ok(reader.next());
  const { packet } = reader;
  const { segment, token } = packet;
  const instrument = {
    slot: 3,
    broker: 'zerodha',
    exchange: 'NSE',
    symbol: 'X',
    segment,
    token: String(token),
  };
  const tickMode = mode ?? tickModeOf(packet.length);
  const levels = tickMode === MODE.DEPTH ? depthLevelsOf(segment) : 0;
  const template = buildTickTemplate(instrument, tickMode, kitePriceDecimals(segment), levels);
  // What an earlier tick left there.
  template.words.fill(-1, WORD.LAST_QUANTITY, WORD.CLOSE);
  writeInt64(template.words, WORD.RECEIVE_TIME_NS, RECEIVED_MS * 1e6);
  const flags = normalise(packet, template);
  const frames = (['json', 'msgpack'] as const).map((framing) =>
    createTickEncoder(framing, instrument, view, features).encode(
      template.words,
      template.doubles,
      new Int32Array(2),
    ),
  );
  const message = JSON.parse(Buffer.from(frames[0]!).toString());
  return { flags, message, data: message.data };
}

test('a full packet becomes a depth tick with every value of the wire, and null where the wire has none', () => {
  const { data, message, flags } = dataOf('full_nfo_184', MODE.DEPTH);
  assert.equal(flags, FLAG.ABSENT_PRICE_LIMITS);
  assert.deepEqual([data.upper_circuit, data.lower_circuit], [null, null]);
  assert.deepEqual([data.ltp, data.open, data.high, data.low, data.close], [80.65, 75, 90.1, 70, 78.15]);
  assert.deepEqual(
    [data.volume, data.oi, data.last_quantity, data.average_price],
    [1203375, 2451300, 75, 79.2],
  );
  assert.deepEqual([data.total_buy_quantity, data.total_sell_quantity], [204525, 198750]);
  assert.equal(data.depth.buy.length, 5);
  assert.deepEqual(data.depth.sell[4], { price: 80.85, quantity: 525, orders: 7 });
  assert.equal(data.ltt, 1_784_712_899_000);
  assert.equal(message.stamps.exchange_time, 1_784_712_899e9);
  assert.equal(data.change_percent, 3.2);
});

test('currencies have seven decimals on CDS and four on BCD, in the book too', () => {
  const { data } = dataOf('full_cds_184', MODE.DEPTH);
  assert.deepEqual([data.ltp, data.average_price, data.depth.buy[0].price], [85.3125, 85.301, 85.31]);
  assert.equal(dataOf('ltp_bcd', MODE.LTP).data.ltp, 85.3125);
});

test('a packet without a time has the receive time, and says so to those who ask for the stamps', () => {
  for (const [name, mode] of [
    ['ltp_bfo', MODE.LTP],
    ['quote_equity_44', MODE.QUOTE],
    ['index_quote_28', MODE.QUOTE],
    ['zero_timestamps', MODE.DEPTH],
  ] as const) {
    const { data, message, flags } = dataOf(name, mode);
    assert.equal(data.ltt, RECEIVED_MS, name);
    assert.equal(message.stamps.exchange_time, null, name);
    assert.ok((flags & FLAG.ABSENT_EXCHANGE_TIME) !== 0, name);
  }
});

test('an index has prices in their own order, no trades, and no book rather than one of zeros', () => {
  const quote = dataOf('index_quote_28', MODE.QUOTE).data;
  assert.deepEqual([quote.open, quote.high, quote.low, quote.close], [22405, 22512.6, 22381.1, 22362.35]);
  for (const name of [
    'volume',
    'last_quantity',
    'ltq',
    'average_price',
    'avg_trade_price',
    'total_buy_quantity',
  ]) {
    assert.equal(quote[name], null, name);
  }
  const full = dataOf('index_full_32', MODE.DEPTH).data;
  assert.equal(full.ltt, 1_784_712_899_000);
  assert.deepEqual([full.oi, full.upper_circuit, full.volume], [null, null, null]);
  assert.deepEqual(full.depth, { buy: [], sell: [] });
});

test('a packet fills a message of a lower mode with its part', () => {
  const { data } = dataOf('full_nfo_184', MODE.QUOTE, MODE.QUOTE);
  assert.deepEqual([data.ltp, data.volume, data.close], [80.65, 1203375, 78.15]);
  assert.equal(dataOf('index_full_32', MODE.LTP, MODE.LTP).data.ltp, 22450.35);
});

test('quantities beyond 2^31 are not negative, prices may be', () => {
  assert.equal(dataOf('volume_above_2_31', MODE.QUOTE).data.volume, 3_000_000_000);
  assert.ok(dataOf('price_negative', MODE.LTP).data.ltp < 0);
});
