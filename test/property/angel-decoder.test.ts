import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeToRecord, soiledFrame } from '../support/angel-record.ts';
import {
  decodeWire,
  doubleFieldsOf,
  encodeWire,
  exactDouble,
  exactInteger,
  int64FieldsOf,
  type WireRecord,
  type WireValue,
} from '../support/angel-wire.ts';

/** Plain objects, so that strict equality compares values only. */
const PLAIN = { noNullPrototype: true };
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(exactInteger);
const int32 = fc.integer();
const uint16 = fc.nat({ max: 0xffff });
const tokenText = fc.oneof(
  fc.stringMatching(/^[0-9]{1,25}$/),
  fc.string({ minLength: 1, maxLength: 25 }).filter((text) => !text.includes('\0')),
);

function bestFive(flag: number): fc.Arbitrary<WireValue> {
  const level = fc.record({ flag: fc.constant(flag), quantity: int64, price: int64, orders: uint16 }, PLAIN);
  return fc.array(level, { minLength: 5, maxLength: 5 });
}

const depth20 = fc.array(fc.record({ quantity: int32, price: int32, orders: uint16 }, PLAIN), {
  minLength: 20,
  maxLength: 20,
});

function recordOfMode(mode: number): fc.Arbitrary<WireRecord> {
  const fields: Record<string, fc.Arbitrary<WireValue>> = {
    mode: fc.constant(mode),
    exchange_type: fc.nat({ max: 255 }),
    token: tokenText,
  };
  for (const name of int64FieldsOf(mode)) fields[name] = int64;
  for (const name of doubleFieldsOf(mode)) fields[name] = fc.double().map(exactDouble);
  if (mode === 3) {
    fields.best_five_buy = bestFive(1);
    fields.best_five_sell = bestFive(0);
  }
  if (mode === 4) {
    fields.depth20_buy = depth20;
    fields.depth20_sell = depth20;
  }
  return fc.record(fields, PLAIN);
}

const anyRecord = fc.oneof(...[1, 2, 3, 4].map(recordOfMode));

describe('any frame', () => {
  test('comes out of the decoder with every value that went into it', () => {
    const frame = soiledFrame();
    fc.assert(
      fc.property(anyRecord, (record) => {
        assert.deepEqual(decodeToRecord(encodeWire(record), frame), record);
      }),
      { numRuns: 300 },
    );
  });

  test('cut anywhere is refused, lengthened by anything is the same frame', () => {
    fc.assert(
      fc.property(
        anyRecord,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 600 }),
        (record, at, surplus) => {
          const bytes = encodeWire(record);
          assert.deepEqual(decodeToRecord(bytes.subarray(0, at % bytes.length)), { reject: 'short_frame' });
          assert.deepEqual(decodeToRecord(Uint8Array.from([...bytes, ...surplus])), {
            ...record,
            trailing: surplus.length,
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  test('with corrupted bytes is refused or read as the bytes now say', () => {
    const corruption = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(anyRecord, corruption, (record, changes) => {
        const bytes = encodeWire(record);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        assert.deepEqual(decodeToRecord(bytes), decodeWire(bytes));
      }),
      { numRuns: 300 },
    );
  });

  test('with any best-five flags has five levels per side, each entry once', () => {
    const flag = fc.oneof(fc.constant(0), fc.constant(1), uint16);
    const record = recordOfMode(3);
    fc.assert(
      fc.property(record, fc.array(flag, { minLength: 10, maxLength: 10 }), (base, flags) => {
        const best_five = flags.map((f, i) => ({ flag: f, quantity: i, price: i, orders: i }));
        const read = decodeToRecord(encodeWire({ ...base, best_five }));
        const quantities = (name: string) =>
          (read[name] as readonly { quantity: number }[]).map((level) => level.quantity);
        const [buy, sell] = [quantities('best_five_buy'), quantities('best_five_sell')];
        assert.deepEqual([buy.length, sell.length], [5, 5]);
        assert.deepEqual([...buy, ...sell].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      }),
      { numRuns: 150 },
    );
  });
});
