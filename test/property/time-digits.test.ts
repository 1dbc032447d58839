import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MillisecondDigits, NanosecondDigits } from '../../src/codec/time-digits.ts';
import { setInt64 } from '../support/sample-tick.ts';

const TWO_32 = 2n ** 32n;
const WINDOW = 100_000_000n;

const nearby = fc.bigInt({ min: -3n, max: 3n });
/** Times of a market day, those where the kept digits change, and any others. */
const ms = fc.oneof(
  fc.bigInt({ min: 1_787_367_600_000n, max: 1_787_397_600_000n }),
  fc.tuple(fc.bigInt({ min: 0n, max: 20_000n }), nearby).map(([n, by]) => n * WINDOW + by),
  fc.tuple(fc.bigInt({ min: 0n, max: 500n }), nearby).map(([n, by]) => n * TWO_32 + by),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const ns = fc.oneof(
  fc
    .tuple(ms, fc.bigInt({ min: 0n, max: 999_999n }))
    .map(([n, rest]) => BigInt.asIntN(64, n * 1_000_000n + rest)),
  fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 31n - 1n }), nearby).map(([n, by]) => n * TWO_32 + by),
);

type Write = (view: DataView, at: number, low: number, high: number) => number;

function digitsBy(write: Write): (value: bigint) => string {
  const bytes = Buffer.alloc(64);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = new Int32Array(2);
  return (value) => {
    setInt64(words, 0, value);
    return bytes.toString('latin1', 3, write(view, 3, words[0]!, words[1]!));
  };
}

describe('times as digits', () => {
  it('are the same whatever time came before, in ms', () => {
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1, maxLength: 20 }), (times) => {
        const digits = new MillisecondDigits();
        const digitsOf = digitsBy((...args) => digits.write(...args));
        for (const time of times) assert.equal(digitsOf(time), String(time));
      }),
      { numRuns: 500 },
    );
  });

  it('are the same whatever time came before, in whole ms of ns', () => {
    fc.assert(
      fc.property(fc.array(ns, { minLength: 1, maxLength: 20 }), (times) => {
        const digits = new NanosecondDigits();
        const digitsOf = digitsBy((...args) => digits.write(...args));
        for (const time of times) {
          const rest = ((time % 1_000_000n) + 1_000_000n) % 1_000_000n;
          assert.equal(digitsOf(time), String((time - rest) / 1_000_000n));
        }
      }),
      { numRuns: 500 },
    );
  });
});
