/**
 * What it takes to make a client's JSON of a tick message, one thread.
 *
 *   1024 tick messages ──▶ 64 encoders ──▶ bytes, ready to send            (ours)
 *   1024 objects ────────▶ JSON.stringify ──▶ a string                      (rival)
 *                     └──▶ JSON.stringify ──▶ a string ──▶ bytes            (rival: what a socket needs)
 *
 * The aim is about bytes, since a socket takes nothing else: a string that is given to it becomes bytes there.
 */
import { type Contender, runMatches } from '../harness/rivals.ts';
import type { Scenario } from '../harness/scenario.ts';
import { encodeMatch, QUOTE, VIEWS } from './encode-match.ts';
import { INPUTS } from './market-inputs.ts';

const stringify = (objects: readonly object[], title: string): Contender => ({
  name: 'JSON.stringify',
  ...(title === QUOTE ? { figure: 'JSON.stringify, to a string × ours' } : {}),
  run: (from, count) => {
    let sum = 0;
    for (let i = from; i < from + count; i++) {
      const text = JSON.stringify(objects[i & (INPUTS - 1)]);
      sum += text.length + text.charCodeAt(text.length >> 1);
    }
    return sum;
  },
});

const stringifyToBytes = (objects: readonly object[], title: string): Contender => ({
  name: 'JSON.stringify, to bytes',
  ...(title === QUOTE ? { figure: 'JSON.stringify × ours' } : {}),
  run: (from, count) => {
    let sum = 0;
    for (let i = from; i < from + count; i++) {
      const bytes = Buffer.from(JSON.stringify(objects[i & (INPUTS - 1)]));
      sum += bytes.length + bytes[bytes.length >> 1]!;
    }
    return sum;
  },
});

export const encodeJson: Scenario = {
  name: 'json',
  group: 'micro',
  file: import.meta.filename,
  summary: 'tick message to JSON, beside JSON.stringify',
  defaultSeconds: 0.05,
  smokeSeconds: 0.005,
  defaultRounds: 15,
  run: async (context) => {
    const matches = VIEWS.map(([title, view]) =>
      encodeMatch('json', title, view, [stringify, stringifyToBytes]),
    );
    return runMatches(matches, context, 'Encode a tick as JSON');
  },
};
