import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createFrameTarget } from '../../src/codec/frame-target.ts';
import { MODE } from '../../src/codec/tick.ts';
import { buildTickTemplate, modeOf, readInstrument } from '../../src/codec/tick-message.ts';
import { encodePacket, encodeToken } from '../../src/codec/zerodha/frame-encoder.ts';
import type { PacketLength } from '../../src/codec/zerodha/frame-layout.ts';
import { normalise, tickModeOf } from '../../src/codec/zerodha/normaliser.ts';
import {
  decodeMessage,
  decodeWireMessage,
  encodeWireMessage,
  encodeWirePacket,
  type KiteRecord,
  LAYOUTS,
  soiledReader,
} from '../support/kite-wire.ts';

/** Plain objects, so that strict equality compares values only. */
const PLAIN = { noNullPrototype: true };
const uint32 = fc.nat({ max: 0xffff_ffff });
const int32 = fc.integer();
const LENGTHS = [8, 28, 32, 44, 184] as const;

const level = fc.record({ quantity: uint32, price: int32, orders: fc.nat({ max: 0xffff }) }, PLAIN);
const side = fc.array(level, { minLength: 5, maxLength: 5 });

function recordOfLength(length: PacketLength): fc.Arbitrary<KiteRecord> {
  const fields = Object.fromEntries(
    LAYOUTS[length]!.map(([name, , signed]) => [name, signed ? int32 : uint32] as const),
  );
  const record = { packet_length: fc.constant(length), ...fields };
  if (length !== 184) return fc.record(record, PLAIN);
  return fc.record({ ...record, depth: fc.record({ buy: side, sell: side }, PLAIN) }, PLAIN);
}

const anyRecord = fc.oneof(...LENGTHS.map(recordOfLength));
const anyRecords = fc.array(anyRecord, { maxLength: 12 });

/** A packet of a length that is no layout. */
const strangePacket = fc
  .uint8Array({ maxLength: 200 })
  .filter((bytes) => LAYOUTS[bytes.length] === undefined);

function marketState(record: KiteRecord) {
  const number = (name: string) => Number(record[name] ?? 0);
  const token = number('instrument_token');
  return {
    exchangeType: token & 0xff,
    tokenBytes: encodeToken(token & 0xff, String(token)),
    sequenceNumber: 0,
    exchangeTimeMs: number('exchange_timestamp') * 1000,
    depthTimeMs: 0,
    lastTradedPrice: number('last_price'),
    lastTradedQuantity: number('last_traded_quantity'),
    averageTradedPrice: number('average_traded_price'),
    volume: number('volume_traded'),
    totalBuyQuantity: number('total_buy_quantity'),
    totalSellQuantity: number('total_sell_quantity'),
    open: number('open'),
    high: number('high'),
    low: number('low'),
    close: number('close'),
    lastTradedTime: number('last_trade_time'),
    openInterest: number('oi'),
    openInterestHigh: number('oi_day_high'),
    openInterestLow: number('oi_day_low'),
    openInterestChange: 0,
    upperCircuit: 0,
    lowerCircuit: 0,
    high52w: 0,
    low52w: 0,
    buy: record.depth?.buy ?? [],
    sell: record.depth?.sell ?? [],
  };
}

describe('any message', () => {
  test('comes out of the decoder with every value that the encoder of the simulated exchange wrote', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const packets = records.map((record) => {
          const target = createFrameTarget(200);
          const length = record.packet_length as PacketLength;
          return target.bytes.subarray(2, encodePacket(length, marketState(record), target, 0));
        });
        assert.deepEqual(decodeMessage(encodeWireMessage(packets)), records);
      }),
      { numRuns: 200 },
    );
  });

  test('is read whole around packets of lengths that nobody knows, which are counted', () => {
    const packet = fc.oneof(anyRecord.map(encodeWirePacket), strangePacket);
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 12 }), (packets) => {
        const bytes = Uint8Array.from(encodeWireMessage(packets));
        const reader = soiledReader();
        assert.deepEqual(decodeMessage(bytes, reader), decodeWireMessage(bytes));
        const strange = packets.filter(({ length }) => LAYOUTS[length] === undefined).length;
        assert.equal(reader.counters.unknownLengths, strange);
        assert.equal(reader.counters.truncated + reader.counters.trailing, 0);
      }),
      { numRuns: 200 },
    );
  });

  test('with corrupted, missing or surplus bytes is read as the bytes now say', () => {
    const corruption = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 8 });
    fc.assert(
      fc.property(
        anyRecords,
        corruption,
        fc.nat({ max: 40 }),
        fc.uint8Array({ maxLength: 20 }),
        (records, changes, cut, surplus) => {
          const whole = encodeWireMessage(records.map(encodeWirePacket));
          const bytes = Uint8Array.from([...whole.subarray(0, Math.max(0, whole.length - cut)), ...surplus]);
          for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
          assert.deepEqual(decodeMessage(bytes), decodeWireMessage(bytes));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('of random bytes never breaks the feed: no throw, no byte read outside, no tick message harmed', () => {
    const instrument = { slot: 7, broker: 'zerodha', exchange: 'NSE', symbol: 'A', segment: 1, token: '257' };
    const modes = [MODE.LTP, MODE.QUOTE, MODE.DEPTH];
    const templates = modes.map((mode) => buildTickTemplate(instrument, mode, 2));
    const lengths = fc.constantFrom(0, 7, 8, 9, 28, 31, 32, 43, 44, 164, 183, 184, 185, 65535);
    const head = fc.tuple(fc.nat({ max: 4 }), lengths);
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 600, size: 'max' }), ([count, length], rest) => {
        const bytes = Uint8Array.from([0, count, length >> 8, length & 0xff, ...rest]);
        const reader = soiledReader();
        reader.open(new DataView(bytes.buffer), 0, bytes.length);
        while (reader.next()) {
          const mode = tickModeOf(reader.packet.length);
          for (const template of templates) {
            if (template.mode <= mode) normalise(reader.packet, template);
          }
        }
        for (const [i, template] of templates.entries()) {
          assert.equal(modeOf(template.words), modes[i]);
          assert.deepEqual(readInstrument(template.bytes), instrument);
        }
      }),
      { numRuns: 300 },
    );
  });
});
