/** Keys of an encrypted bus, as operators write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curveKeyToHex, parseCurveKey } from '../../src/workers/bus/curve-key.ts';

/** One key, the example of ZeroMQ's specification 32 four times over, in both forms. */
const CURVE_HEX = '864fd26fb559f75b'.repeat(4);
const CURVE_Z85 = 'HelloWorld'.repeat(4);

test('a CURVE key means the same in hex, of either case, and in Z85, and hex comes out again', () => {
  for (const text of [CURVE_HEX, CURVE_HEX.toUpperCase(), CURVE_Z85, ` ${CURVE_Z85}\n`])
    assert.equal(parseCurveKey(text), CURVE_Z85);
  assert.equal(curveKeyToHex(CURVE_Z85), CURVE_HEX);
  // Not in the alphabet; five digits above 32 bits.
  for (const text of [
    CURVE_Z85.replace('H', '~'),
    `#####${CURVE_Z85.slice(5)}`,
    CURVE_HEX.replace('8', 'g'),
    '',
  ])
    assert.equal(parseCurveKey(text), undefined);
});
