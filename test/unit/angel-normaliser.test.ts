import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ByteBuffer } from 'flatbuffers';
import { AngelFrame, DECODED, decodeFrame } from '../../src/codec/angel/frame-decoder.ts';
import { angelPriceDecimals } from '../../src/codec/angel/frame-layout.ts';
import { normalise, normaliseDeepDepth, tickModeOf } from '../../src/codec/angel/normaliser.ts';
import type { Level } from '../../src/codec/generated/tickwire/level.ts';
import { Tick } from '../../src/codec/generated/tickwire/tick.ts';
import { FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { buildTickTemplate, readInstrument, type TickTemplate, WORD } from '../../src/codec/tick-message.ts';
import { viewOf } from '../support/angel-record.ts';
import { ANGEL_VECTORS, encodeWire, type WireLevel, type WireRecord } from '../support/angel-wire.ts';

const INSTRUMENT: Instrument = {
  slot: 4711,
  broker: 'angel',
  exchange: 'NFO',
  symbol: 'NIFTY30JAN2523000CE',
  segment: 2,
  token: '54786',
};

/** Words that belong to the feed worker, with values that no frame of these tests carries. */
const FEED_WORDS = [
  WORD.EPOCH,
  WORD.EPOCH + 1,
  WORD.SEQ,
  WORD.SEQ + 1,
  WORD.RECEIVE_TIME_NS,
  WORD.RECEIVE_TIME_NS + 1,
  WORD.PUBLISH_TIME_NS,
  WORD.PUBLISH_TIME_NS + 1,
];

function decoded(bytes: Uint8Array): AngelFrame {
  const frame = new AngelFrame();
  assert.equal(decodeFrame(viewOf(bytes), 0, bytes.length, frame), DECODED);
  return frame;
}

/** A template whose every number is soiled, so that what a test reads was written by the normaliser. */
function soiledTemplate(mode: Mode, decimals = 2): TickTemplate {
  const template = buildTickTemplate(INSTRUMENT, mode, decimals, mode === MODE.DEEP_DEPTH ? 20 : undefined);
  for (const word of FEED_WORDS) template.words[word] = 0x1234_5600 + word;
  for (const word of [WORD.EXCHANGE_SEQ, WORD.EXCHANGE_TIME_MS, WORD.LTP])
    template.words.fill(-7, word, word + 2);
  template.words[WORD.FLAGS] = -1;
  return template;
}

function tickOf(template: TickTemplate): Tick {
  return Tick.getRootAsTick(new ByteBuffer(template.bytes));
}

/** Exact decimal of a scaled price, without trailing zeros. */
function decimalText(price: bigint | undefined, decimals: number): string {
  assert.ok(price !== undefined);
  const digits = String(price < 0n ? -price : price).padStart(decimals + 1, '0');
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  return (price < 0n ? '-' : '') + digits.slice(0, -decimals) + (fraction && `.${fraction}`);
}

function levelsOf(length: number, at: (i: number) => Level | null): Level[] {
  return Array.from({ length }, (_, i) => {
    const level = at(i);
    assert.ok(level);
    return level;
  });
}

/** The int64 and double values of a tick under the vectors' names. */
function valuesOf(tick: Tick): Record<string, bigint | number | undefined> {
  const [header, quote, snap] = [tick.header(), tick.quote(), tick.snap()];
  return {
    sequence_number: header?.exchangeSeq(),
    exchange_timestamp: header?.exchangeTimeMs(),
    last_traded_price: header?.ltp(),
    last_traded_quantity: quote?.lastQuantity(),
    average_traded_price: quote?.averagePrice(),
    volume_traded: quote?.volume(),
    total_buy_quantity: quote?.totalBuyQuantity(),
    total_sell_quantity: quote?.totalSellQuantity(),
    open_price: quote?.open(),
    high_price: quote?.high(),
    low_price: quote?.low(),
    close_price: quote?.close(),
    last_traded_timestamp: snap?.lastTradeTimeMs(),
    open_interest: snap?.openInterest(),
    upper_circuit: snap?.upperCircuit(),
    lower_circuit: snap?.lowerCircuit(),
    high_52w: snap?.high52w(),
    low_52w: snap?.low52w(),
  };
}

function assertLevels(levels: readonly Level[], wanted: unknown): void {
  const read = levels.map((level) => ({
    quantity: String(level.quantity()),
    price: String(level.price()),
    orders: level.orders(),
    reserved: level.reserved(),
  }));
  const expected = (wanted as readonly WireLevel[]).map(({ quantity, price, orders }) => ({
    quantity: String(quantity),
    price: String(price),
    orders,
    reserved: 0,
  }));
  assert.deepEqual(read, expected);
}

describe('verified frames', () => {
  for (const { name, hex, expected, scaled } of ANGEL_VECTORS) {
    if (expected.reject || scaled === undefined) continue;
    test(`a reader of the tick message sees the values and exact prices of ${name}`, () => {
      const frame = decoded(Buffer.from(hex, 'hex'));
      const decimals = angelPriceDecimals(frame.exchangeType);
      const mode = tickModeOf(frame.mode);
      const template = soiledTemplate(mode, decimals);
      const deep = mode === MODE.DEEP_DEPTH;
      const flags = deep ? normaliseDeepDepth(frame, template, null) : normalise(frame, template);
      assert.equal(flags, deep ? FLAG.ABSENT_LTP : 0);

      const tick = tickOf(template);
      const values = valuesOf(tick);
      const levels: Record<string, Level[]> = {
        [deep ? 'depth20_buy' : 'best_five_buy']: levelsOf(tick.buyLength(), (i) => tick.buy(i)),
        [deep ? 'depth20_sell' : 'best_five_sell']: levelsOf(tick.sellLength(), (i) => tick.sell(i)),
      };
      for (const [field, value] of Object.entries(expected)) {
        if (field in levels) assertLevels(levels[field]!, value);
        else if (field === 'last_traded_timestamp')
          assert.equal(values[field], BigInt(String(value)) * 1000n, field);
        else if (field in values) assert.equal(String(values[field]), String(value), field);
      }
      for (const [field, text] of Object.entries(scaled)) {
        const read = levels[field]
          ? levels[field].map((level) => decimalText(level.price(), decimals))
          : decimalText(BigInt(values[field] ?? -1), decimals);
        assert.deepEqual(read, text, field);
      }
      assert.equal(tick.header()?.flags(), flags);
      assert.equal(tick.header()?.priceDecimals(), decimals);
    });
  }
});

describe('delivery', () => {
  test('epoch, sequence, slot, times and names of a message are left to the feed worker', () => {
    for (const { hex, expected } of ANGEL_VECTORS) {
      if (expected.reject) continue;
      const frame = decoded(Buffer.from(hex, 'hex'));
      const template = soiledTemplate(tickModeOf(frame.mode));
      if (template.mode === MODE.DEEP_DEPTH) normaliseDeepDepth(frame, template, null);
      else normalise(frame, template);
      for (const word of FEED_WORDS) assert.equal(template.words[word], 0x1234_5600 + word);
      assert.deepEqual(readInstrument(template.bytes), INSTRUMENT);
      assert.equal(tickOf(template).header()?.mode(), template.mode);
    }
  });

  test('the four modes of the wire are the four modes of a tick', () => {
    assert.deepEqual(([1, 2, 3, 4] as const).map(tickModeOf), [
      MODE.LTP,
      MODE.QUOTE,
      MODE.DEPTH,
      MODE.DEEP_DEPTH,
    ]);
  });
});

function expectedOf(name: string): WireRecord {
  const found = ANGEL_VECTORS.find((vector) => vector.name === name);
  assert.ok(found, name);
  return found.expected;
}

describe('a tick after another one', () => {
  test('keeps nothing of it: an empty book after a full one is empty', () => {
    const template = soiledTemplate(MODE.DEPTH);
    normalise(decoded(encodeWire(expectedOf('snap_nse_fo_option'))), template);
    normalise(decoded(encodeWire(expectedOf('snap_empty_book'))), template);
    const empty = soiledTemplate(MODE.DEPTH);
    normalise(decoded(encodeWire(expectedOf('snap_empty_book'))), empty);
    assert.deepEqual(template.bytes, empty.bytes);
  });

  test('of a higher mode can fill a template of a lower one', () => {
    const frame = decoded(encodeWire(expectedOf('snap_nse_fo_option')));
    const quote = soiledTemplate(MODE.QUOTE);
    normalise(frame, quote);
    const depth = soiledTemplate(MODE.DEPTH);
    normalise(frame, depth);
    const lower = ({ last_traded_price, volume_traded, close_price }: ReturnType<typeof valuesOf>) => [
      last_traded_price,
      volume_traded,
      close_price,
    ];
    assert.deepEqual(lower(valuesOf(tickOf(quote))), lower(valuesOf(tickOf(depth))));
    assert.deepEqual(readInstrument(quote.bytes), INSTRUMENT);
  });
});

describe('absent values', () => {
  test('a total quantity that is no number reads 0 and is flagged, and the flag goes with the next good one', () => {
    const quote = expectedOf('quote_bse_cm');
    const template = soiledTemplate(MODE.QUOTE);
    const cases: [WireRecord, number, number, number][] = [
      [{ ...quote, total_buy_quantity: 'NaN' }, FLAG.ABSENT_TOTAL_BUY_QUANTITY, 0, 187950],
      [{ ...quote, total_sell_quantity: '-Infinity' }, FLAG.ABSENT_TOTAL_SELL_QUANTITY, 33072, 0],
      [
        { ...quote, total_buy_quantity: 'Infinity', total_sell_quantity: 'NaN' },
        FLAG.ABSENT_TOTAL_BUY_QUANTITY | FLAG.ABSENT_TOTAL_SELL_QUANTITY,
        0,
        0,
      ],
      [quote, 0, 33072, 187950],
    ];
    for (const [record, flags, buy, sell] of cases) {
      assert.equal(normalise(decoded(encodeWire(record)), template), flags);
      const tick = tickOf(template);
      assert.equal(tick.header()?.flags(), flags);
      assert.equal(tick.quote()?.totalBuyQuantity(), buy);
      assert.equal(tick.quote()?.totalSellQuantity(), sell);
    }
  });

  test('a deep depth tick takes its last price from the latest other tick, and is flagged without one', () => {
    const base = soiledTemplate(MODE.QUOTE);
    normalise(decoded(encodeWire({ ...expectedOf('quote_bse_cm'), last_traded_price: '-5000000000' })), base);
    const frame = decoded(encodeWire(expectedOf('depth20_nse_cm')));
    const deep = soiledTemplate(MODE.DEEP_DEPTH);
    assert.equal(normaliseDeepDepth(frame, deep, base), 0);
    assert.equal(tickOf(deep).header()?.ltp(), -5000000000n);
    assert.equal(tickOf(deep).header()?.exchangeSeq(), 0n);
    assert.equal(normaliseDeepDepth(frame, deep, null), FLAG.ABSENT_LTP);
    assert.equal(tickOf(deep).header()?.ltp(), 0n);
    assert.equal(tickOf(deep).header()?.flags(), FLAG.ABSENT_LTP);
  });

  test('negative prices and quantities and 65535 orders of a deep depth frame keep their values', () => {
    const level = { quantity: -3, price: -2147483648, orders: 65535 };
    const levels = Array(20).fill(level);
    const record = { ...expectedOf('depth20_nse_cm'), depth20_buy: levels, depth20_sell: levels };
    const deep = soiledTemplate(MODE.DEEP_DEPTH);
    normaliseDeepDepth(decoded(encodeWire(record)), deep, null);
    const tick = tickOf(deep);
    assertLevels(
      levelsOf(20, (i) => tick.buy(i)),
      levels,
    );
    assertLevels(
      levelsOf(20, (i) => tick.sell(i)),
      levels,
    );
  });
});

test('a last trade time in seconds becomes milliseconds, one in milliseconds and everything else stays', () => {
  const cases: [string, bigint][] = [
    ['0', 0n],
    ['1', 1000n],
    ['1746171226', 1746171226000n],
    ['99999999999', 99999999999000n],
    ['100000000000', 100000000000n],
    ['1746171226123', 1746171226123n],
    ['9223372036854775807', 9223372036854775807n],
    ['-1', -1n],
  ];
  const template = soiledTemplate(MODE.DEPTH);
  for (const [sent, read] of cases) {
    const record = { ...expectedOf('snap_nse_fo_option'), last_traded_timestamp: sent };
    normalise(decoded(encodeWire(record)), template);
    assert.equal(tickOf(template).snap()?.lastTradeTimeMs(), read, sent);
  }
});
