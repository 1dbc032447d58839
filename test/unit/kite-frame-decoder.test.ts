import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatPrice } from '../../src/codec/price.ts';
import { kitePriceDecimals } from '../../src/codec/zerodha/frame-layout.ts';
import {
  decodeMessage,
  decodeWireMessage,
  KITE_VECTORS,
  type KiteRecord,
  LAYOUTS,
  soiledReader,
} from '../support/kite-wire.ts';

/** What the wire carries of an expected tick. */
function rawFields(tick: KiteRecord): KiteRecord {
  const names = LAYOUTS[tick.packet_length]!.map(([name]) => name);
  const depth = tick.depth === undefined ? {} : { depth: tick.depth };
  return {
    packet_length: tick.packet_length,
    ...Object.fromEntries(names.map((name) => [name, tick[name]])),
    ...depth,
  };
}

function bytesOf(name: string): Uint8Array {
  const vector = KITE_VECTORS.find((candidate) => candidate.name === name);
  assert.ok(vector, name);
  return Uint8Array.from(Buffer.from(vector.hex, 'hex'));
}

describe('verified messages', () => {
  test('there are 38 of them', () => assert.equal(KITE_VECTORS.length, 38));

  for (const { name, hex, expected, anomaly, heartbeat, note } of KITE_VECTORS) {
    test(`${name} is decoded field by field: ${note}`, () => {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
      const reader = soiledReader();
      assert.deepEqual(decodeMessage(bytes, reader), expected.map(rawFields));
      assert.deepEqual(decodeWireMessage(bytes), expected.map(rawFields), 'the naive decoder agrees');
      const { heartbeats, packets, unknownLengths, truncated, trailing } = reader.counters;
      assert.deepEqual(
        { heartbeats, packets, unknownLengths, truncated, trailing },
        {
          heartbeats: heartbeat ? 1 : 0,
          packets: expected.length,
          unknownLengths: anomaly === 'unknown_length' ? 1 : 0,
          truncated: anomaly === 'truncated' ? 1 : 0,
          trailing: anomaly === 'trailing_bytes' ? 1 : 0,
        },
      );
    });

    test(`${name} has the prices and segments that its divisor gives`, () => {
      const reader = soiledReader();
      const bytes = Buffer.from(hex, 'hex');
      reader.open(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
      for (const tick of expected) {
        assert.ok(reader.next());
        assert.equal(reader.packet.segment, tick.segment);
        const decimals = kitePriceDecimals(reader.packet.segment);
        assert.equal(10 ** decimals, tick.divisor);
        for (const [field, text] of Object.entries(tick.scaled)) {
          assert.equal(Number(formatPrice(BigInt(String(tick[field])), decimals)), Number(text), field);
        }
      }
      assert.equal(reader.next(), false);
    });
  }

  test('a message is found in the middle of a buffer, at any alignment', () => {
    for (const { hex, expected } of KITE_VECTORS) {
      const bytes = Buffer.from(hex, 'hex');
      for (let offset = 0; offset < 9; offset++) {
        const around = new Uint8Array(bytes.length + 20).fill(0xff);
        around.set(bytes, offset);
        const reader = soiledReader();
        reader.open(new DataView(around.buffer), offset, bytes.length);
        let packets = 0;
        while (reader.next()) packets++;
        assert.equal(packets, expected.length);
      }
    }
  });
});

test('a message cut at any byte keeps the packets that are whole, and is counted once', () => {
  for (const name of ['multi_five_packets', 'full_cds_184', 'index_full_32', 'multi_same_token_twice']) {
    const bytes = bytesOf(name);
    const whole = decodeMessage(bytes);
    for (let length = 0; length < bytes.length; length++) {
      const reader = soiledReader();
      const records = decodeMessage(bytes.slice(0, length), reader);
      assert.deepEqual(records, whole.slice(0, records.length), `${name} at ${length}`);
      assert.ok(records.length < whole.length);
      const { truncated, heartbeats } = reader.counters;
      assert.equal(truncated + heartbeats, 1, `${name} at ${length}`);
    }
  }
});

test('a segment that nobody knows is counted, and its prices are read', () => {
  const reader = soiledReader();
  assert.equal(decodeMessage(bytesOf('ltp_segment_unknown_12'), reader).length, 1);
  assert.equal(reader.counters.unknownSegments, 1);
  for (const { name, hex } of KITE_VECTORS) {
    if (name !== 'ltp_segment_unknown_12') decodeMessage(Uint8Array.from(Buffer.from(hex, 'hex')), reader);
  }
  assert.equal(reader.counters.unknownSegments, 1);
});

test('a message that ends is over, whatever the one after it holds', () => {
  const reader = soiledReader();
  assert.equal(decodeMessage(bytesOf('packet_truncated'), reader).length, 1);
  assert.equal(decodeMessage(bytesOf('heartbeat_00'), reader).length, 0);
  assert.equal(reader.next(), false);
  assert.equal(decodeMessage(bytesOf('multi_five_packets'), reader).length, 5);
});
