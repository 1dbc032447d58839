/**
 * What it takes to make a client's msgpack of a tick message, one thread.
 *
 *   1024 tick messages ──▶ 64 encoders ──▶ bytes, ready to send            (ours)
 *   1024 objects ────────▶ one Packr ────▶ bytes                            (rival)
 */
import { Packr } from 'msgpackr';
import { type Contender, runMatches } from '../harness/rivals.ts';
import type { Scenario } from '../harness/scenario.ts';
import { encodeMatch, QUOTE, VIEWS } from './encode-match.ts';
import { INPUTS } from './market-inputs.ts';

/** `useRecords: false`: maps that every msgpack library reads, as ours are. */
const pack = (objects: readonly object[], title: string): Contender => {
  const packr = new Packr({ useRecords: false });
  return {
    name: 'msgpackr Packr',
    ...(title === QUOTE ? { figure: 'msgpackr × ours' } : {}),
    run: (from, count) => {
      let sum = 0;
      for (let i = from; i < from + count; i++) {
        const bytes = packr.pack(objects[i & (INPUTS - 1)]);
        sum += bytes.length + bytes[bytes.length >> 1]!;
      }
      return sum;
    },
  };
};

export const encodeMsgpack: Scenario = {
  name: 'msgpack',
  group: 'micro',
  file: import.meta.filename,
  summary: 'tick message to msgpack, beside msgpackr',
  defaultSeconds: 0.05,
  smokeSeconds: 0.005,
  defaultRounds: 15,
  run: async (context) => {
    const matches = VIEWS.map(([title, view]) => encodeMatch('msgpack', title, view, [pack]));
    return runMatches(matches, context, 'Encode a tick as msgpack');
  },
};
