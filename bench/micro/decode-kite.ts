/**
 * What it takes to decode a message of Kite's ticker, one thread. A message has a packet of each of 64 instruments, as the
 * ticker packs what changed at the same time; an operation is a packet.
 *
 *   16 messages of 64 packets ──▶ MessageReader ──▶ one reused record           (ours)
 *                            └──▶ naive decoder ──▶ an object for each packet   (rival)
 */

import { createFrameTarget } from '../../src/codec/frame-target.ts';
import { LEVEL } from '../../src/codec/tick-message.ts';
import { FIELD, MessageReader } from '../../src/codec/zerodha/frame-decoder.ts';
import { encodePacket, encodeToken } from '../../src/codec/zerodha/frame-encoder.ts';
import {
  COUNT_BYTES,
  LENGTH_BYTES,
  PACKET,
  type PacketLength,
  SEGMENT,
} from '../../src/codec/zerodha/frame-layout.ts';
import { tokenOf } from '../../src/codec/zerodha/token.ts';
import { type Match, runMatches } from '../harness/rivals.ts';
import type { Scenario } from '../harness/scenario.ts';
import { SyntheticInstrument } from '../harness/synthetic-instrument.ts';
import { INPUTS, INSTRUMENTS } from './market-inputs.ts';
import { readKiteNaively } from './naive-kite-decoder.ts';

const MESSAGES = INPUTS / INSTRUMENTS;
const EPOCH = 1_787_367_600_000;

const NAMES: readonly (readonly [title: string, length: PacketLength])[] = [
  ['ltp', PACKET.LTP],
  ['quote', PACKET.QUOTE],
  ['full', PACKET.FULL],
];

function matchOf(title: string, length: PacketLength): Match {
  const messageBytes = COUNT_BYTES + INSTRUMENTS * (LENGTH_BYTES + length);
  const slab = createFrameTarget(MESSAGES * messageBytes);
  const market = Array.from({ length: INSTRUMENTS }, (_, slot) => {
    const token = String(tokenOf(2800 + slot * 37, SEGMENT.NSE));
    const state = new SyntheticInstrument(SEGMENT.NSE, token, slot * 997);
    return Object.assign(state, { tokenBytes: encodeToken(SEGMENT.NSE, token) });
  });
  for (let i = 0; i < MESSAGES; i++) {
    let at = i * messageBytes;
    slab.view.setUint16(at, INSTRUMENTS);
    at += COUNT_BYTES;
    for (const state of market) {
      state.advance(EPOCH + i * 7);
      at += encodePacket(length, state, slab, at);
    }
  }
  const reader = new MessageReader();
  return {
    title: `${title}, ${length} bytes`,
    contenders: [
      {
        name: 'MessageReader',
        run: (from, count) => {
          let sum = 0;
          for (let i = from; i < from + count; i += INSTRUMENTS) {
            reader.open(slab.view, ((i / INSTRUMENTS) & (MESSAGES - 1)) * messageBytes, messageBytes);
            const { packet } = reader;
            while (reader.next()) {
              sum += packet.fields[FIELD.LAST_PRICE]! + packet.fields[FIELD.VOLUME]!;
              sum += packet.sell[LEVEL.PRICE]!;
            }
          }
          return sum;
        },
      },
      {
        name: 'naive, objects',
        run: (from, count) => {
          let sum = 0;
          for (let i = from; i < from + count; i += INSTRUMENTS) {
            const start = ((i / INSTRUMENTS) & (MESSAGES - 1)) * messageBytes;
            for (const tick of readKiteNaively(slab.bytes.subarray(start, start + messageBytes))) {
              sum += tick.lastPrice + (tick.volume ?? 0) + (tick.sell?.[0]?.price ?? 0);
            }
          }
          return sum;
        },
      },
    ],
  };
}

export const decodeKite: Scenario = {
  name: 'decode-kite',
  group: 'micro',
  file: import.meta.filename,
  summary: "a packet of Kite's ticker to a record, beside a decoder with objects",
  defaultSeconds: 0.05,
  smokeSeconds: 0.005,
  defaultRounds: 15,
  run: async (context) =>
    runMatches(
      NAMES.map(([title, length]) => matchOf(title, length)),
      context,
      "Decode a packet of Kite's ticker",
    ),
};
