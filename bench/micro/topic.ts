/**
 * What it takes to have the topic of a tick, under which the bus and the proxy's clients get it, one thread.
 *
 *   1024 ticks by slot ──▶ the text that was made once for each instrument   (ours)
 *                     ├──▶ formatTopic for each tick                          (rival)
 *                     └──▶ template literal for each tick, nothing escaped    (rival)
 */
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { runMatches } from '../harness/rivals.ts';
import type { Scenario } from '../harness/scenario.ts';
import { INSTRUMENTS, instrumentNumber } from './market-inputs.ts';

/** Reads a character in the middle, so that a text must be there in one piece. */
function weigh(topic: string): number {
  return topic.length + topic.charCodeAt(topic.length >> 1);
}

export const topic: Scenario = {
  name: 'topic',
  group: 'micro',
  file: import.meta.filename,
  summary: 'the topic of a tick, kept with its instrument, beside making it for each tick',
  defaultSeconds: 0.05,
  smokeSeconds: 0.005,
  defaultRounds: 15,
  run: async (context) => {
    const instruments = Array.from({ length: INSTRUMENTS }, (_, slot) => instrumentNumber(slot));
    const topics = instruments.map((instrument) => formatTopic(instrument, MODE.QUOTE));
    const sumOf = (topicOf: (slot: number) => string) => (from: number, count: number) => {
      let sum = 0;
      for (let i = from; i < from + count; i++) sum += weigh(topicOf(i & (INSTRUMENTS - 1)));
      return sum;
    };
    const literal = (slot: number) => {
      const { broker, exchange, symbol } = instruments[slot]!;
      return `${broker}/${exchange}/${symbol}/QUOTE/`;
    };
    const match = {
      title: 'topic of a quote',
      contenders: [
        { name: 'kept', run: sumOf((slot) => topics[slot]!) },
        { name: 'formatTopic', run: sumOf((slot) => formatTopic(instruments[slot]!, MODE.QUOTE)) },
        { name: 'template literal', run: sumOf(literal) },
      ],
    } as const;
    return runMatches([match], context, 'Topic of a tick');
  },
};
