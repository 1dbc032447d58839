import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AngelFrame, DECODED, decodeFrame } from '../../src/codec/angel/frame-decoder.ts';
import { normalise, normaliseDeepDepth, tickModeOf } from '../../src/codec/angel/normaliser.ts';
import { type Instrument, MODE } from '../../src/codec/tick.ts';
import { buildTickTemplate, modeOf, readInstrument } from '../../src/codec/tick-message.ts';
import { decodeToRecord } from '../support/angel-record.ts';
import { decodeWire } from '../support/angel-wire.ts';
import { fuzz } from '../support/fuzz-budget.ts';

const INSTRUMENT: Instrument = {
  slot: 7,
  broker: 'angel',
  exchange: 'NSE',
  symbol: 'RELIANCE',
  segment: 1,
  token: '2885',
};

/** Random bytes, most of them with a mode byte and a length near that of a frame. */
const anyBytes = fc
  .tuple(
    fc.constantFrom(0, 50, 51, 52, 122, 123, 124, 378, 379, 380, 442, 443, 444),
    fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) }, fc.nat({ max: 255 })),
    fc.uint8Array({ minLength: 450, maxLength: 500, size: 'max' }),
  )
  .map(([length, mode, bytes]) => {
    bytes[0] = mode;
    return bytes.slice(0, length);
  });

test('random bytes never break the feed: no throw, no byte read outside the frame, no tick message harmed', async () => {
  const templates = [
    buildTickTemplate(INSTRUMENT, MODE.LTP, 2),
    buildTickTemplate(INSTRUMENT, MODE.QUOTE, 2),
    buildTickTemplate(INSTRUMENT, MODE.DEPTH, 2),
    buildTickTemplate(INSTRUMENT, MODE.DEEP_DEPTH, 2, 20),
  ];
  let runs = 0;
  await fuzz(
    fc.property(anyBytes, fc.nat({ max: 255 }), fc.nat({ max: 40 }), (bytes, filler, offset) => {
      runs++;
      // The view ends with the frame: reading behind it would throw. Then other bytes before and behind change nothing.
      const expected = decodeWire(bytes);
      assert.deepEqual(decodeToRecord(bytes), expected);
      const around = new Uint8Array(offset + bytes.length + 500).fill(filler);
      around.set(bytes, offset);
      const frame = new AngelFrame();
      const result = decodeFrame(new DataView(around.buffer), offset, bytes.length, frame);
      assert.equal(result === DECODED, expected.reject === undefined);
      if (result !== DECODED) return;

      const mode = tickModeOf(frame.mode);
      const template = templates[mode - 1]!;
      if (mode === MODE.DEEP_DEPTH) normaliseDeepDepth(frame, template, templates[0]!);
      else normalise(frame, template);
      assert.equal(modeOf(template.words), mode);
      assert.deepEqual(readInstrument(template.bytes), INSTRUMENT);
    }),
  );
  assert.ok(runs > 0, 'no frames');
});
