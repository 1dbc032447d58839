/**
 * The match of both framings: our encoders on tick messages, the rivals on objects with the same keys and values, which
 * exist already, so that nothing of a rival's time goes into making them.
 */
import { createTickEncoder, type FramingName } from '../../src/codec/framing.ts';
import type { Mode } from '../../src/codec/tick.ts';
import type { Contender, Match } from '../harness/rivals.ts';
import { buildMessages, INPUTS, INSTRUMENTS, instrumentNumber } from './market-inputs.ts';

type Views = Mode & (1 | 2 | 3);

/** The match that the aims are about. */
export const QUOTE = 'quote';

export const VIEWS: readonly (readonly [title: string, view: Views])[] = [
  ['LTP', 1],
  [QUOTE, 2],
  ['depth, 5 levels', 3],
];

/** The objects that a client parses from the messages of a view. */
function parsedMessages(view: Views): object[] {
  const messages = buildMessages(view);
  const send = new Int32Array(2);
  return messages.map(({ words, doubles }, i) => {
    const encoder = createTickEncoder('json', instrumentNumber(i % INSTRUMENTS), view, 0);
    return JSON.parse(Buffer.from(encoder.encode(words, doubles, send)).toString('utf8'));
  });
}

/** @param rivals each makes the contender for objects that are taken in turn */
export function encodeMatch(
  framing: FramingName,
  title: string,
  view: Views,
  rivals: readonly ((objects: readonly object[], title: string) => Contender)[],
): Match {
  const messages = buildMessages(view);
  const send = new Int32Array(2);
  const encoders = Array.from({ length: INSTRUMENTS }, (_, slot) =>
    createTickEncoder(framing, instrumentNumber(slot), view, 0),
  );
  const ours: Contender = {
    name: `TickEncoder, ${framing}`,
    run: (from, count) => {
      let sum = 0;
      for (let i = from; i < from + count; i++) {
        const { words, doubles } = messages[i & (INPUTS - 1)]!;
        const bytes = encoders[i & (INSTRUMENTS - 1)]!.encode(words, doubles, send);
        sum += bytes.length + bytes[bytes.length >> 1]!;
      }
      return sum;
    },
  };
  const objects = parsedMessages(view);
  return { title, contenders: [ours, ...rivals.map((rival) => rival(objects, title))] };
}
