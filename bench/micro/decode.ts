/**
 * What it takes to decode a frame of each of Angel's four packets, one thread.
 *
 *   1024 frames in one buffer ──▶ decodeFrame ──▶ one reused record           (ours)
 *                            └──▶ naive decoder ─▶ an object for each frame   (rivals)
 */
import { AngelFrame, type AngelMode, decodeFrame, FIELD } from '../../src/codec/angel/frame-decoder.ts';
import { ANGEL_MODE, FRAME_BYTES } from '../../src/codec/angel/frame-layout.ts';
import { LEVEL } from '../../src/codec/tick-message.ts';
import { type Contender, type Match, runMatches } from '../harness/rivals.ts';
import type { Scenario } from '../harness/scenario.ts';
import { buildFrames, type FrameInputs, INPUTS } from './market-inputs.ts';
import {
  createNaiveDecoder,
  type NaiveFrame,
  type ReadInt64,
  readWithBuffer,
  readWithView,
} from './naive-decoder.ts';

const NAMES: Readonly<Record<AngelMode, string>> = { 1: 'LTP', 2: 'Quote', 3: 'SnapQuote', 4: 'Depth20' };

function ours({ slab, frameBytes }: FrameInputs): Contender {
  const frame = new AngelFrame();
  const { view } = slab;
  return {
    name: 'decodeFrame',
    run: (from, count) => {
      let sum = 0;
      for (let i = from; i < from + count; i++) {
        sum += decodeFrame(view, (i & (INPUTS - 1)) * frameBytes, frameBytes, frame);
        sum += frame.fields[FIELD.EXCHANGE_TIME_MS]! + frame.fields[FIELD.VOLUME]! + frame.sell[LEVEL.PRICE]!;
      }
      return sum;
    },
  };
}

function naive(name: string, readInt64: ReadInt64, { slab, frameBytes }: FrameInputs): Contender {
  const decodeNaively = createNaiveDecoder(readInt64);
  const { view, bytes } = slab;
  const weigh = ({ exchangeTimeMs, volume, sell }: NaiveFrame) =>
    (exchangeTimeMs ?? 0) + (volume ?? 0) + (sell?.[0]?.price ?? 0);
  return {
    name,
    run: (from, count) => {
      let sum = 0;
      for (let i = from; i < from + count; i++) {
        sum += weigh(decodeNaively(bytes, view, (i & (INPUTS - 1)) * frameBytes));
      }
      return sum;
    },
  };
}

function matchOf(mode: AngelMode): Match {
  const inputs = buildFrames(mode);
  return {
    title: `${NAMES[mode]}, ${FRAME_BYTES[mode]} bytes`,
    contenders: [
      ours(inputs),
      naive('naive, getBigInt64', readWithView, inputs),
      naive('naive, readBigInt64LE', readWithBuffer, inputs),
    ],
  };
}

export const decode: Scenario = {
  name: 'decode',
  group: 'micro',
  file: import.meta.filename,
  summary: 'frame to record, beside a decoder with BigInt and objects',
  defaultSeconds: 0.05,
  smokeSeconds: 0.005,
  defaultRounds: 15,
  run: async (context) => runMatches(Object.values(ANGEL_MODE).map(matchOf), context, 'Decode a frame'),
};
