import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AngelFrame } from '../../src/codec/angel/frame-decoder.ts';
import { InstrumentIndex } from '../../src/codec/angel/instrument-index.ts';
import { frameOf } from '../support/angel-record.ts';

const key = fc.record({
  exchangeType: fc.constantFrom(1, 2, 13, 255),
  token: fc.oneof(fc.stringMatching(/^0{0,3}[0-9]{1,2}$/), fc.stringMatching(/^[0-9A-Za-z]{0,25}$/)),
});
const step = fc.record({ action: fc.constantFrom('set', 'set', 'delete', 'find'), key, value: fc.nat() });

test('any sequence of sets and deletes is found as a map keyed by exchange and token text would find it', () => {
  const frame = new AngelFrame();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const index = new InstrumentIndex<number>();
      const map = new Map<string, number>();
      for (const { action, key, value } of steps) {
        const { exchangeType, token } = key;
        const text = `${exchangeType}:${token}`;
        if (action === 'set') {
          index.set(exchangeType, token, value);
          map.set(text, value);
        } else if (action === 'delete') {
          index.delete(exchangeType, token);
          map.delete(text);
        }
        assert.equal(index.find(frameOf(exchangeType, token, frame)), map.get(text));
        assert.equal(index.size, map.size);
      }
      for (const [text, value] of map) {
        const [exchangeType = '', token = ''] = text.split(':');
        assert.equal(index.find(frameOf(Number(exchangeType), token, frame)), value);
      }
    }),
    { numRuns: 40 },
  );
});
