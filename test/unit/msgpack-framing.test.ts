import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unpack } from 'msgpackr';
import { createTickEncoder, FEATURE, type FramingName, type SendTime } from '../../src/codec/framing.ts';
import { FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { DOUBLE, type TickTemplate, WORD } from '../../src/codec/tick-message.ts';
import { RELIANCE, sampleTick, setInt64, withoutLtp } from '../support/sample-tick.ts';

const send: SendTime = new Int32Array(2);
setInt64(send, 0, 1787371200412_400_001n);
const ALL_FEATURES = FEATURE.SEQUENCE | FEATURE.STAMPS | FEATURE.SNAPSHOT | FEATURE.STATUS;

function framed(
  framing: FramingName,
  view: Mode,
  features: number,
  instrument: Instrument,
  depthLevel: number,
) {
  const encoder = createTickEncoder(framing, instrument, view, features, { depthLevel });
  return {
    counters: encoder.counters,
    bytes: ({ words, doubles }: TickTemplate) => encoder.encode(words, doubles, send),
  };
}

function bothFramings(view: Mode, features = 0, instrument = RELIANCE, depthLevel = 5) {
  const msgpack = framed('msgpack', view, features, instrument, depthLevel);
  const json = framed('json', view, features, instrument, depthLevel);
  return {
    counters: msgpack.counters,
    msgpack: (tick: TickTemplate) => unpack(msgpack.bytes(tick)),
    json: (tick: TickTemplate) => JSON.parse(Buffer.from(json.bytes(tick)).toString()),
  };
}

describe('a tick as msgpack', () => {
  it('has the keys, order and values of the JSON tick in every view, with and without features', () => {
    const tick = sampleTick(MODE.DEPTH);
    tick.words[WORD.FLAGS] = FLAG.SNAPSHOT | FLAG.STALE;
    for (const view of [MODE.LTP, MODE.QUOTE, MODE.DEPTH, MODE.DEEP_DEPTH]) {
      for (const features of [0, ALL_FEATURES]) {
        const { msgpack, json, counters } = bothFramings(view, features);
        assert.deepEqual(msgpack(tick), json(tick));
        assert.equal(JSON.stringify(msgpack(tick)), JSON.stringify(json(tick)));
        assert.deepEqual(counters, { rounded: 0, repacked: 0 });
      }
    }
  });

  it('carries names of any length and script', () => {
    for (const symbol of ['M&M', 'é₹😀 "quoted"', 'N'.repeat(40), '₹'.repeat(100)]) {
      const { msgpack, json } = bothFramings(MODE.DEEP_DEPTH, 0, { ...RELIANCE, symbol }, 20);
      assert.deepEqual(msgpack(sampleTick(MODE.DEPTH)), json(sampleTick(MODE.DEPTH)));
      assert.equal(msgpack(sampleTick(MODE.DEPTH)).data.symbol, symbol);
    }
  });

  it('carries the twenty levels of a deep book', () => {
    const { msgpack, json } = bothFramings(MODE.DEEP_DEPTH, ALL_FEATURES, RELIANCE, 20);
    const tick = sampleTick(MODE.DEEP_DEPTH, RELIANCE, 20);
    assert.deepEqual(msgpack(tick), json(tick));
    assert.equal(msgpack(tick).data.depth.sell.length, 20);
  });

  it('has nil for what is absent, in place, and values again afterwards', () => {
    const { msgpack, json, counters } = bothFramings(MODE.DEEP_DEPTH);
    const tick = sampleTick(MODE.DEPTH);
    const before = msgpack(tick);
    assert.deepEqual(msgpack(withoutLtp(tick)), json(tick));
    assert.equal(msgpack(tick).data.ltp, null);
    tick.words[WORD.FLAGS] = 0;
    assert.deepEqual(msgpack(tick), before);
    assert.equal(counters.repacked, 0);
  });

  it('has nil for a total that is no number, counts such ticks, and goes on in place afterwards', () => {
    const { msgpack, json, counters } = bothFramings(MODE.QUOTE);
    const tick = sampleTick(MODE.QUOTE);
    const before = msgpack(tick);
    const total = tick.doubles[DOUBLE.TOTAL_BUY_QUANTITY]!;
    tick.doubles[DOUBLE.TOTAL_BUY_QUANTITY] = Number.NaN;
    assert.deepEqual(msgpack(tick), json(tick));
    assert.equal(msgpack(tick).data.total_buy_quantity, null);
    assert.equal(counters.repacked, 2);
    tick.doubles[DOUBLE.TOTAL_BUY_QUANTITY] = total;
    assert.deepEqual(msgpack(tick), before);
    assert.equal(counters.repacked, 2);
  });

  it('has a plain zero for a fall too small for two decimals', () => {
    const { msgpack } = bothFramings(MODE.QUOTE);
    const tick = sampleTick(MODE.QUOTE);
    setInt64(tick.words, WORD.LTP, 249899n);
    assert.deepEqual([msgpack(tick).data.change, msgpack(tick).data.change_percent], [-0.01, 0]);
  });

  it('carries the nearest double of a number beyond 2^53 and counts the tick once', () => {
    const { msgpack, json, counters } = bothFramings(MODE.QUOTE);
    const tick = sampleTick(MODE.QUOTE);
    setInt64(tick.words, WORD.VOLUME, 9007199254740993n);
    setInt64(tick.words, WORD.HIGH, -9223372036854775808n);
    assert.deepEqual(msgpack(tick), json(tick));
    assert.equal(msgpack(tick).data.volume, 9007199254740992);
    assert.equal(counters.rounded, 2);
  });

  it('hands out one buffer tick after tick, so that a quiet market costs no memory', () => {
    const { bytes } = framed('msgpack', MODE.QUOTE, 0, RELIANCE, 5);
    const tick = sampleTick(MODE.QUOTE);
    const first = bytes(tick);
    setInt64(tick.words, WORD.VOLUME, 1n << 40n);
    assert.equal(bytes(tick), first);
  });
});
