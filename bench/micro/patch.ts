/**
 * What it takes to make a tick message of a decoded frame, and to find whose frame it is, one thread.
 *
 *   1024 decoded frames ──▶ normalise into 1 of 64 templates               (ours)
 *                      └──▶ FlatBuffers builder, a message for each frame   (rival)
 *   1024 decoded frames ──▶ InstrumentIndex by token bytes                  (ours)
 *                      └──▶ Map by a string made of them                    (rival)
 */
import { Builder } from 'flatbuffers';
import type { AngelMode } from '../../src/codec/angel/frame-decoder.ts';
import { InstrumentIndex } from '../../src/codec/angel/instrument-index.ts';
import { normalise } from '../../src/codec/angel/normaliser.ts';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import { buildTickTemplate, WORD } from '../../src/codec/tick-message.ts';
import { type Match, runMatches } from '../harness/rivals.ts';
import type { Scenario } from '../harness/scenario.ts';
import { buildMessage } from './built-message.ts';
import { decodeFrames, INPUTS, INSTRUMENTS, instrumentNumber, PRICE_DECIMALS } from './market-inputs.ts';

function patchMatch(title: string, mode: Mode & AngelMode): Match {
  const frames = decodeFrames(mode);
  const instruments = Array.from({ length: INSTRUMENTS }, (_, slot) => instrumentNumber(slot));
  const templates = instruments.map((instrument) => buildTickTemplate(instrument, mode, PRICE_DECIMALS));
  const builder = new Builder(1024);
  return {
    title,
    contenders: [
      {
        name: 'normalise into a template',
        run: (from, count) => {
          let sum = 0;
          for (let i = from; i < from + count; i++) {
            const template = templates[i & (INSTRUMENTS - 1)]!;
            sum += normalise(frames[i & (INPUTS - 1)]!, template) + template.words[WORD.LTP]!;
          }
          return sum;
        },
      },
      {
        name: 'FlatBuffers builder',
        run: (from, count) => {
          let sum = 0;
          for (let i = from; i < from + count; i++) {
            const instrument = instruments[i & (INSTRUMENTS - 1)]!;
            sum += buildMessage(builder, instrument, mode, frames[i & (INPUTS - 1)]!)[WORD.LTP * 4]!;
          }
          return sum;
        },
      },
    ],
  };
}

function lookUpMatch(): Match {
  const frames = decodeFrames(MODE.LTP);
  const index = new InstrumentIndex<number>();
  const map = new Map<string, number>();
  const decoder = new TextDecoder();
  for (let slot = 0; slot < INSTRUMENTS; slot++) {
    const { segment, token } = instrumentNumber(slot);
    index.set(segment, token, slot);
    map.set(`${segment}:${token}`, slot);
  }
  return {
    title: "find a frame's instrument",
    contenders: [
      {
        name: 'InstrumentIndex',
        run: (from, count) => {
          let sum = 0;
          for (let i = from; i < from + count; i++)
            sum += index.find(frames[i & (INPUTS - 1)]!) ?? Number.NaN;
          return sum;
        },
      },
      {
        name: 'Map by string',
        run: (from, count) => {
          let sum = 0;
          for (let i = from; i < from + count; i++) {
            const { exchangeType, token, tokenLength } = frames[i & (INPUTS - 1)]!;
            const key = `${exchangeType}:${decoder.decode(token.subarray(0, tokenLength))}`;
            sum += map.get(key) ?? Number.NaN;
          }
          return sum;
        },
      },
    ],
  };
}

export const patch: Scenario = {
  name: 'patch',
  group: 'micro',
  file: import.meta.filename,
  summary: 'record to tick message, beside the FlatBuffers builder',
  defaultSeconds: 0.05,
  smokeSeconds: 0.005,
  defaultRounds: 15,
  run: async (context) => {
    const matches = [
      patchMatch('quote', MODE.QUOTE),
      patchMatch('depth, 5 levels', MODE.DEPTH),
      lookUpMatch(),
    ];
    return runMatches(matches, context, 'Make the tick message of a frame');
  },
};
