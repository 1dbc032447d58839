import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteBuffer } from 'flatbuffers';
import { Flag } from '../../src/codec/generated/tickwire/flag.ts';
import { TICK_SCHEMA_SHA256 } from '../../src/codec/generated/tickwire/schema-hash.ts';
import { Tick } from '../../src/codec/generated/tickwire/tick.ts';
import { FLAG, MODE, type Mode } from '../../src/codec/tick.ts';
import {
  buildTickTemplate,
  buyLevelsWord,
  DOUBLE,
  HEADER_OFFSET,
  hasFittingStrings,
  LEVEL,
  QUOTE_OFFSET,
  readInstrument,
  readInt64,
  SNAP_OFFSET,
  sellLevelsWord,
  WORD,
  writeInt64,
} from '../../src/codec/tick-message.ts';

const INSTRUMENT = {
  slot: 7,
  broker: 'angel',
  exchange: 'NSE',
  symbol: 'RELIANCE',
  segment: 1,
  token: '2885',
};
const names = fc.string({ minLength: 0, maxLength: 40, unit: 'grapheme' });

test('the committed readers, in TypeScript and in Python, were made from the schema', () => {
  const schema = readFileSync(new URL('../../src/codec/tick.fbs', import.meta.url));
  const hash = createHash('sha256').update(schema).digest('hex');
  assert.equal(TICK_SCHEMA_SHA256, hash);
  const python = readFileSync(new URL('../../examples/python/tickwire/__init__.py', import.meta.url), 'utf8');
  assert.match(python, new RegExp(`^TICK_SCHEMA_SHA256 = '${hash}'$`, 'm'));
});

test('the flags that the engine sets are those of the schema, from which readers in other languages are made', () => {
  const constantCase = (name: string) => name.replaceAll(/(?<!^)[A-Z]/g, '_$&').toUpperCase();
  const ofSchema = Object.entries(Flag).map(([name, bit]) => [constantCase(name), bit]);
  assert.deepEqual(Object.entries(FLAG), ofSchema);
});

test('no number of a message moves: readers in other languages and older recordings rely on it', () => {
  assert.deepEqual([HEADER_OFFSET, QUOTE_OFFSET, SNAP_OFFSET], [40, 112, 184]);
  assert.deepEqual([buyLevelsWord(MODE.DEPTH), sellLevelsWord(MODE.DEPTH, 5)], [66, 98]);
  assert.deepEqual([buyLevelsWord(MODE.DEEP_DEPTH), sellLevelsWord(MODE.DEEP_DEPTH, 20)], [36, 158]);
  assert.deepEqual(
    Object.values(WORD),
    [10, 12, 14, 16, 18, 20, 22, 24, 25, 26, 28, 30, 32, 34, 36, 38, 40, 46, 48, 50, 52, 54, 56],
  );
});

test('whatever an instrument is called, the generated reader finds its strings and its patched numbers', () => {
  const modes = fc.constantFrom<Mode>(...Object.values(MODE));
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(
      modes,
      names,
      names,
      names,
      int64,
      fc.double(),
      (mode, symbol, exchange, token, value, total) => {
        const instrument = { ...INSTRUMENT, symbol, exchange, token };
        const levels = mode === MODE.DEPTH ? 5 : mode === MODE.DEEP_DEPTH ? 20 : 0;
        const { words, doubles, bytes } = buildTickTemplate(instrument, mode, 2, levels);
        const set = (word: number) => {
          words[word] = Number(BigInt.asIntN(32, value));
          words[word + 1] = Number(BigInt.asIntN(32, value >> 32n));
        };
        set(WORD.LTP);
        if (mode === MODE.DEPTH) {
          set(WORD.LOW_52W);
          set(WORD.CLOSE);
          doubles[DOUBLE.TOTAL_SELL_QUANTITY] = total;
        }
        if (levels > 0) set(sellLevelsWord(mode, levels) + (levels - 1) * LEVEL.WORDS + LEVEL.QUANTITY);
        const tick = Tick.getRootAsTick(new ByteBuffer(bytes));
        assert.ok(Tick.bufferHasIdentifier(new ByteBuffer(bytes)));
        assert.deepEqual(readInstrument(bytes), instrument);
        assert.equal(tick.header()?.ltp(), value);
        if (mode === MODE.DEPTH) {
          assert.equal(tick.snap()?.low52w(), value);
          assert.equal(tick.quote()?.close(), value);
          assert.ok(Object.is(tick.quote()?.totalSellQuantity(), total));
        }
        if (levels > 0) assert.equal(tick.sell(levels - 1)?.quantity(), value);
        assert.deepEqual([tick.buyLength(), tick.sellLength()], [levels, levels]);
      },
    ),
  );
});

test('a number of up to 53 bits survives the way into two words and back', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const words = new Int32Array(2);
      writeInt64(words, 0, value);
      assert.equal(readInt64(words, 0), value);
      assert.equal(new BigInt64Array(words.buffer)[0], BigInt(value));
    }),
  );
});

test('strings that are said to fit do fit, in every mode and with any characters', () => {
  const parts = fc.record({
    broker: names,
    exchange: names,
    symbol: fc.string({ maxLength: 200 }),
    token: names,
  });
  fc.assert(
    fc.property(parts, (strings) => {
      if (!hasFittingStrings(strings)) return;
      const instrument = { slot: 0, segment: 1, ...strings };
      buildTickTemplate(instrument, MODE.DEPTH, 2);
      buildTickTemplate(instrument, MODE.DEEP_DEPTH, 2, 20);
    }),
  );
});

test('an instrument whose name does not fit into the last-value table is refused by name', () => {
  const symbol = 'X'.repeat(400);
  assert.throws(
    () => buildTickTemplate({ ...INSTRUMENT, symbol }, MODE.DEPTH, 2),
    /NSE:XXX.* bytes, limit 768/,
  );
});
