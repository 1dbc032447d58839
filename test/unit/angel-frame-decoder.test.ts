import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ANOMALY, AngelFrame, DECODED, decodeFrame, REJECT } from '../../src/codec/angel/frame-decoder.ts';
import { decodeToRecord, recordOf, soiledFrame, viewOf } from '../support/angel-record.ts';
import {
  ANGEL_VECTORS,
  decodeWire,
  encodeWire,
  type WireLevel,
  type WireRecord,
} from '../support/angel-wire.ts';

function vector(name: string): { bytes: Uint8Array<ArrayBuffer>; expected: WireRecord } {
  const found = ANGEL_VECTORS.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return { bytes: Uint8Array.from(Buffer.from(found.hex, 'hex')), expected: found.expected };
}

function anomaliesOf(bytes: Uint8Array): number {
  const frame = soiledFrame();
  assert.equal(decodeFrame(viewOf(bytes), 0, bytes.length, frame), DECODED);
  return frame.anomalies;
}

/** The SnapQuote vector with other flags; its entries in wire order have quantities 1 to 10. */
function snapWithFlags(flags: readonly number[]): Uint8Array {
  const best_five = flags.map((flag, i) => ({ flag, quantity: i + 1, price: 100 + i, orders: i }));
  return encodeWire({ ...vector('snap_nse_fo_option').expected, best_five });
}

function sidesOf(bytes: Uint8Array): { buy: unknown[]; sell: unknown[] } {
  const frame = new AngelFrame();
  assert.equal(decodeFrame(viewOf(bytes), 0, bytes.length, frame), DECODED);
  const record = recordOf(frame);
  const quantities = (name: string) => (record[name] as WireLevel[]).map((level) => level.quantity);
  return { buy: quantities('best_five_buy'), sell: quantities('best_five_sell') };
}

describe('verified frames', () => {
  test('there are 41 of them', () => assert.equal(ANGEL_VECTORS.length, 41));

  for (const { name, hex, expected, note } of ANGEL_VECTORS) {
    test(`${name} is ${expected.reject ? `refused as ${expected.reject}` : 'decoded field by field'}: ${note}`, () => {
      const bytes = Buffer.from(hex, 'hex');
      // A Depth20 frame's packet received time is a dummy that is always 0; the decoder passes over it.
      const { packet_received_time: _, ...read } = expected;
      assert.deepEqual(decodeToRecord(bytes, soiledFrame()), read);
      assert.deepEqual(decodeWire(bytes), read, 'the naive decoder of the tests agrees');
    });
  }

  test('a frame is found in the middle of a buffer, at any alignment', () => {
    for (const { hex, expected } of ANGEL_VECTORS) {
      if (expected.reject) continue;
      const bytes = Buffer.from(hex, 'hex');
      const { packet_received_time: _, ...read } = expected;
      for (let offset = 0; offset < 9; offset++) {
        const around = new Uint8Array(bytes.length + 20).fill(0xff);
        around.set(bytes, offset);
        const frame = new AngelFrame();
        assert.equal(decodeFrame(new DataView(around.buffer), offset, bytes.length, frame), DECODED);
        assert.deepEqual(recordOf(frame), read);
      }
    }
  });
});

describe('refused frames', () => {
  test('a frame cut at any byte is refused and leaves the record as it was', () => {
    for (const name of ['ltp_nse_cm', 'quote_bse_cm', 'snap_nse_fo_option', 'depth20_nse_cm']) {
      const { bytes } = vector(name);
      const frame = soiledFrame();
      for (let length = 0; length < bytes.length; length++) {
        const view = new DataView(bytes.buffer, 0, length);
        assert.equal(decodeFrame(view, 0, length, frame), REJECT.SHORT_FRAME, `${name} at ${length}`);
      }
      assert.deepEqual(frame, soiledFrame());
    }
  });

  test('every mode byte but 1 to 4 is refused', () => {
    const { bytes } = vector('depth20_nse_cm');
    for (let mode = 0; mode < 256; mode++) {
      bytes[0] = mode;
      const result = decodeFrame(viewOf(bytes), 0, bytes.length, new AngelFrame());
      assert.equal(result, mode >= 1 && mode <= 4 ? DECODED : REJECT.UNKNOWN_MODE, `mode ${mode}`);
    }
  });
});

describe('anomalies', () => {
  test('an ordinary frame has none, whatever the frame before it had', () => {
    for (const name of ['ltp_nse_cm', 'quote_cds_scale', 'snap_flags_against_position', 'depth20_nse_cm']) {
      assert.equal(anomaliesOf(vector(name).bytes), 0, name);
    }
  });

  test('surplus bytes are counted and not read', () => {
    assert.equal(anomaliesOf(vector('two_packets_in_one_frame').bytes), ANOMALY.TRAILING);
  });

  test('exactly the seven documented exchange types are known', () => {
    const { bytes } = vector('ltp_nse_cm');
    const known = [];
    for (let type = 0; type < 256; type++) {
      bytes[1] = type;
      if (anomaliesOf(bytes) === 0) known.push(type);
      else assert.equal(anomaliesOf(bytes), ANOMALY.UNKNOWN_EXCHANGE_TYPE);
    }
    assert.deepEqual(known, [1, 2, 3, 4, 5, 7, 13]);
  });

  test('a total quantity that is no number is reported, a garbage open interest change is not', () => {
    const { expected } = vector('quote_bse_cm');
    for (const value of ['NaN', 'Infinity', '-Infinity']) {
      for (const name of ['total_buy_quantity', 'total_sell_quantity']) {
        assert.equal(anomaliesOf(encodeWire({ ...expected, [name]: value })), ANOMALY.NON_FINITE_TOTAL);
      }
    }
    assert.equal(anomaliesOf(vector('snap_oi_change_nan').bytes), 0);
  });
});

describe('sides of the best five', () => {
  test('interleaved flags sort the entries and keep their order', () => {
    const bytes = snapWithFlags([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    assert.deepEqual(sidesOf(bytes), { buy: [2, 4, 6, 8, 10], sell: [1, 3, 5, 7, 9] });
    assert.equal(anomaliesOf(bytes), 0);
  });

  test('an entry without a valid flag goes to the side of its position', () => {
    const bytes = snapWithFlags([1, 1, 7, 1, 1, 0, 0, 0, 256, 0]);
    assert.deepEqual(sidesOf(bytes), { buy: [1, 2, 3, 4, 5], sell: [6, 7, 8, 9, 10] });
    assert.equal(anomaliesOf(bytes), ANOMALY.BAD_DEPTH_FLAG);
  });

  test('it goes to the other side where five valid flags fill the side of its position', () => {
    const bytes = snapWithFlags([0, 0, 7, 0, 0, 1, 1, 1, 1, 1]);
    assert.deepEqual(sidesOf(bytes), { buy: [6, 7, 8, 9, 10], sell: [1, 2, 3, 4, 5] });
    assert.equal(anomaliesOf(bytes), ANOMALY.BAD_DEPTH_FLAG);
  });

  test('flags that name a side more than five times give way to position', () => {
    for (const flags of [Array(10).fill(0), Array(10).fill(1), [0, 1, 1, 1, 1, 1, 1, 0, 0, 0]]) {
      const bytes = snapWithFlags(flags);
      assert.deepEqual(sidesOf(bytes), { buy: [1, 2, 3, 4, 5], sell: [6, 7, 8, 9, 10] });
      assert.equal(anomaliesOf(bytes), ANOMALY.BAD_DEPTH_FLAG);
    }
  });
});
