/**
 * What it takes to decode a frame of each of Angel's four packets, one thread.
 *
 *   1024 frames in one buffer ──▶ decodeFrame ──▶ one reused record           (ours)
 *                            ├──▶ naive decoder ─▶ an object for each frame   (rivals)
 *                            └──▶ Angel's SDK ───▶ its `tick` event           (rival: `npm run bench:rivals` installs it)
 *
 * The SDK makes the parser of a packet anew for each frame, which is nearly all of its time; the prices and times in its
 * objects are texts.
 */
import { AngelFrame, type AngelMode, decodeFrame, FIELD } from '../../src/codec/angel/frame-decoder.ts';
import { ANGEL_MODE, FRAME_BYTES } from '../../src/codec/angel/frame-layout.ts';
import { LEVEL, readInt64 } from '../../src/codec/tick-message.ts';
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
import { loadSdkParser, type SdkTick } from './sdk-parser.ts';

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

/** @throws Error when the SDK did not read the frames as we do */
function official(parse: (frame: Buffer) => SdkTick, { slab, frameBytes }: FrameInputs): Contender {
  const frames = Array.from({ length: INPUTS }, (_, i) =>
    slab.bytes.subarray(i * frameBytes, (i + 1) * frameBytes),
  );
  const first = frames[0]!;
  const frame = new AngelFrame();
  decodeFrame(slab.view, 0, frameBytes, frame);
  const time = readInt64(frame.fields, FIELD.EXCHANGE_TIME_MS);
  const { exchange_timestamp: found } = parse(first);
  if (found !== String(time)) throw new Error(`the SDK read exchange time ${found} where ${time} stands`);
  return {
    name: 'official SDK',
    figure: 'official SDK parser × ours',
    slice: 16,
    run: (from, count) => {
      let sum = 0;
      for (let i = from; i < from + count; i++) {
        const { exchange_timestamp: at, token } = parse(frames[i & (INPUTS - 1)]!);
        sum += at.length + token.length;
      }
      return sum;
    },
  };
}

function matchOf(mode: AngelMode, parse: ((frame: Buffer) => SdkTick) | null): Match {
  const inputs = buildFrames(mode);
  return {
    title: `${NAMES[mode]}, ${FRAME_BYTES[mode]} bytes`,
    contenders: [
      ours(inputs),
      naive('naive, getBigInt64', readWithView, inputs),
      naive('naive, readBigInt64LE', readWithBuffer, inputs),
      ...(parse === null ? [] : [official(parse, inputs)]),
    ],
  };
}

export const decode: Scenario = {
  name: 'decode',
  group: 'micro',
  file: import.meta.filename,
  summary: "frame to record, beside a decoder with BigInt and objects and Angel's own SDK",
  defaultSeconds: 0.05,
  smokeSeconds: 0.005,
  defaultRounds: 15,
  run: async (context) => {
    const parse = loadSdkParser();
    if (parse === null) context.progress("Angel's SDK is not installed: npm run bench:rivals");
    const matches = Object.values(ANGEL_MODE).map((mode) => matchOf(mode, parse));
    const report = runMatches(matches, context, 'Decode a frame');
    const angelSdk = parse === null ? 'not installed' : 'smartapi-javascript';
    return { ...report, conditions: { ...report.conditions, angelSdk } };
  },
};
