/** Bytes from the bus: what is no whole tick message is not let in, and what is let in can be read to its end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteBuffer } from 'flatbuffers';
import { createTickEncoder, FEATURE } from '../../src/codec/framing.ts';
import { Tick } from '../../src/codec/generated/tickwire/tick.ts';
import { isTickMessage } from '../../src/codec/is-tick-message.ts';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import {
  buildTickTemplate,
  MAX_DEEP_TICK_BYTES,
  modeOf,
  readInstrument,
} from '../../src/codec/tick-message.ts';
import { RELIANCE, sampleTick } from '../support/sample-tick.ts';

const MODES: readonly Mode[] = Object.values(MODE);
const NOW = new Int32Array(2);

/** In memory that ends with the message: a reader that goes on behind it reads undefined, or throws. */
function placed(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

/** Reads everything, as all our readers would. */
function readAll(words: Int32Array, byteLength: number): void {
  const bytes = new Uint8Array(words.buffer, 0, byteLength);
  const tick = Tick.getRootAsTick(new ByteBuffer(bytes));
  for (let i = 0; i < tick.buyLength(); i++) assert.ok(tick.buy(i)!.bb_pos + 24 <= byteLength);
  for (let i = 0; i < tick.sellLength(); i++) assert.ok(tick.sell(i)!.bb_pos + 24 <= byteLength);
  const { broker, exchange, symbol, token } = readInstrument(bytes);
  assert.ok(Buffer.byteLength(broker + exchange + symbol + token) <= 3 * byteLength);
  // Padded for the double view, as every reader's memory is.
  const memory = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  memory.set(words);
  const doubles = new Float64Array(memory.buffer);
  const mode = modeOf(words);
  for (const framing of ['json', 'msgpack'] as const) {
    for (const dialect of ['openalgo', 'design'] as const) {
      const view = mode;
      const encoder = createTickEncoder(framing, RELIANCE, view, FEATURE.SEQUENCE | FEATURE.STAMPS, {
        dialect,
        depthLevel: 20,
      });
      const text = encoder.encode(memory, doubles, NOW);
      if (framing === 'json') assert.ok(!Buffer.from(text).includes('undefined'));
    }
  }
}

const strings = fc.record({
  broker: fc.string({ maxLength: 12 }),
  exchange: fc.string({ maxLength: 12 }),
  symbol: fc.string({ maxLength: 20, unit: 'grapheme' }),
  token: fc.string({ maxLength: 12 }),
});

const message = fc
  .record({ mode: fc.constantFrom(...MODES), strings, levels: fc.nat(5), deepLevels: fc.nat(20) })
  .map(({ mode, strings, levels, deepLevels }) => {
    const counts = { 1: 0, 2: 0, 3: levels, 4: deepLevels };
    return buildTickTemplate({ ...RELIANCE, ...strings }, mode, 2, counts[mode]).bytes;
  });

test('every tick message that a feed builds is let in, whatever its strings and levels', () => {
  fc.assert(
    fc.property(message, (bytes) => {
      assert.equal(isTickMessage(placed(bytes), bytes.length), true);
      readAll(placed(bytes), bytes.length);
    }),
  );
});

test('a tick message that was cut off anywhere is not let in', () => {
  fc.assert(
    fc.property(message, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (bytes, part) => {
      const length = Math.floor(bytes.length * part);
      // Behind the last string's zero there may be padding, which nobody reads.
      fc.pre(length < bytes.length - 8);
      assert.equal(isTickMessage(placed(bytes.subarray(0, length)), length), false);
    }),
  );
});

test('random bytes are not let in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      assert.equal(isTickMessage(placed(bytes), bytes.length), false);
    }),
  );
});

test('of a message with changed bytes, nothing is read beyond its end', () => {
  const change = fc.record({ at: fc.nat(1200), value: fc.constantFrom(0, 1, 2, 5, 20, 127, 128, 254, 255) });
  fc.assert(
    fc.property(message, fc.array(change, { minLength: 1, maxLength: 4 }), (original, changes) => {
      const bytes = original.slice();
      for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
      if (isTickMessage(placed(bytes), bytes.length)) readAll(placed(bytes), bytes.length);
    }),
    { numRuns: 2000 },
  );
});

test('a message of another layout, scale or level count than its mode has is not let in', () => {
  const changed = (mode: Mode, word: number, value: number) => {
    const { words, bytes } = sampleTick(mode, RELIANCE, mode === MODE.DEEP_DEPTH ? 20 : undefined);
    words[word] = value;
    return isTickMessage(words, bytes.length);
  };
  const scale = (mode: number, decimals: number, levels: number) => mode | (decimals << 8) | (levels << 24);
  assert.equal(changed(MODE.QUOTE, 26, scale(MODE.QUOTE, 9, 0)), true);
  assert.equal(changed(MODE.QUOTE, 26, scale(MODE.QUOTE, 10, 0)), false, 'decimals that no framing prints');
  assert.equal(changed(MODE.QUOTE, 26, scale(MODE.QUOTE, 2, 1)), false, 'levels in a quote');
  assert.equal(changed(MODE.LTP, 26, scale(MODE.QUOTE, 2, 0)), false, 'mode of another layout');
  assert.equal(changed(MODE.LTP, 26, 0), false, 'no mode');
  assert.equal(changed(MODE.DEPTH, 26, scale(MODE.DEPTH, 2, 4)), false, 'fewer levels than the vector has');
  assert.equal(changed(MODE.DEPTH, 26, scale(MODE.DEPTH, 2, 6)), false, 'more levels than the message has');
  assert.equal(changed(MODE.DEEP_DEPTH, 26, scale(MODE.DEEP_DEPTH, 2, 255)), false, 'levels beyond the end');
  assert.equal(changed(MODE.LTP, 1, 0x32574b54), false, 'another file identifier');
});
