/** Group 6: what is UTF-8, and what looks like it. */
import { clientFrame, fragments } from '../../support/client-frame.ts';
import { OPCODE } from '../../support/raw-client.ts';
import {
  type ConformanceCase,
  fragmented,
  NO_REQUEST,
  pingRequest,
  request,
  text,
} from './conformance-case.ts';

/** A Greek word with a character of three bytes. */
const KOSME = Buffer.from('cebae1bdb9cf83cebcceb5', 'hex');
const MANY = 'Hello-µ@ßöäüàá-UTF-8!!';
const SURROGATE = Buffer.from([0xed, 0xa0, 0x80]);
const TOO_HIGH = Buffer.from([0xf4, 0x90, 0x80, 0x80]);
const EDITED = Buffer.from('edited');

const messageOf = (...payloads: (Buffer | string)[]) =>
  payloads.map((payload, i) =>
    clientFrame({
      opcode: i === 0 ? OPCODE.TEXT : OPCODE.CONTINUATION,
      fin: i === payloads.length - 1,
      payload,
    }),
  );

const handled: readonly ConformanceCase[] = [
  { id: '6.1.1', what: 'an empty text', frames: [text('')], answers: [NO_REQUEST], end: 'open' },
  {
    id: '6.1.2',
    what: 'three empty fragments',
    frames: messageOf('', '', ''),
    answers: [NO_REQUEST],
    end: 'open',
  },
  {
    id: '6.1.3',
    what: 'three fragments, the first and the last of them empty',
    frames: messageOf('', pingRequest('middle frame payload'), ''),
    answers: [{ echo: 'middle frame payload' }],
    end: 'open',
  },
  {
    id: '6.2.1',
    what: 'a text with umlauts',
    frames: [request(MANY)],
    answers: [{ echo: MANY }],
    end: 'open',
  },
  {
    id: '6.2.2',
    what: 'a text in two fragments, cut between characters',
    frames: messageOf('{"action":"ping","timestamp":"Hello-µ@ßöä', 'üàá-UTF-8!!"}'),
    answers: [{ echo: MANY }],
    end: 'open',
  },
  {
    id: '6.2.3',
    what: 'a text in fragments of one byte',
    frames: fragmented(MANY, 1),
    answers: [{ echo: MANY }],
    end: 'open',
  },
  {
    id: '6.2.4',
    what: 'a Greek text in fragments of one byte',
    frames: fragmented(KOSME, 1),
    answers: [{ echo: KOSME.toString() }],
    end: 'open',
  },
  {
    id: '6.3.1',
    what: 'a surrogate within a text',
    frames: [text(Buffer.concat([KOSME, SURROGATE, EDITED]))],
    answers: [],
    end: 'dropped',
  },
  {
    id: '6.3.2',
    what: 'a surrogate within a text in fragments of one byte',
    frames: fragments(OPCODE.TEXT, Buffer.concat([KOSME, SURROGATE, EDITED]), 1),
    answers: [],
    end: 'dropped',
  },
  // Autobahn would have the connection end with the fragment that is wrong; ours ends with the message.
  ...[
    { id: '6.4.1', what: 'a wrong fragment between two good ones', cut: [11, 15] },
    { id: '6.4.2', what: 'a text that is wrong at the end of its second fragment', cut: [12, 13] },
  ].map(({ id, what, cut: [from, to] }): ConformanceCase => {
    const payload = Buffer.concat([KOSME, TOO_HIGH, EDITED]);
    return {
      id,
      what,
      frames: messageOf(payload.subarray(0, from), payload.subarray(from, to), payload.subarray(to)),
      chop: 'frame',
      answers: [],
      end: 'dropped',
    };
  }),
  ...[
    { id: '6.4.3', cut: 17 },
    { id: '6.4.4', cut: 18 },
  ].map(
    ({ id, cut }): ConformanceCase => ({
      id,
      what: `a wrong text in one frame, in writes of ${cut} bytes`,
      frames: [text(Buffer.concat([KOSME, TOO_HIGH, EDITED]))],
      chop: cut,
      answers: [],
      end: 'dropped',
    }),
  ),
];

/** Bytes as hex. */
const GOOD = 1;
const BAD = 0;
type Sequence = readonly [isGood: number, ...hex: string[]];

function range(from: number, to: number, behind = ''): string {
  let hex = '';
  for (let byte = from; byte < to; byte++) hex += byte.toString(16) + behind;
  return hex;
}

const TRUNCATED = [
  ...['c0', 'e080', 'f08080', 'f8808080', 'fc80808080'],
  ...['df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'],
];
const NON_CHARACTERS = ['f0', 'f1', 'f2', 'f3', 'f4'].flatMap((first) =>
  ['8f', '9f', 'af', 'bf']
    .filter((second) => (first === 'f4' ? second === '8f' : first !== 'f0' || second !== '8f'))
    .flatMap((second) => [`${first}${second}bfbe`, `${first}${second}bfbf`]),
);
const HELLO = Buffer.from('hello').toString('hex');
const WORLD = Buffer.from('world').toString('hex');
const KOSME_HEX = KOSME.toString('hex');
/** Bytes of the Greek text at which a character ends. */
const WHOLE = new Set([2, 5, 7, 9, 11]);

/** By group, from 6.5 on. */
const SEQUENCES: readonly (readonly [title: string, ...Sequence[]])[] = [
  [
    'a valid text',
    [GOOD, `${HELLO}24${WORLD}`],
    [GOOD, `${HELLO}c2a2${WORLD}`],
    [GOOD, `${HELLO}e282ac${WORLD}`],
    [GOOD, `${HELLO}f0a4ada2${WORLD}`],
    [GOOD, KOSME_HEX],
  ],
  [
    'the beginning of a valid text',
    ...Array.from(
      { length: KOSME.length },
      (_, i): Sequence => [WHOLE.has(i + 1) ? GOOD : BAD, KOSME_HEX.slice(0, 2 * (i + 1))],
    ),
  ],
  ['the first sequence of its length', [GOOD, '00', 'c280', 'e0a080', 'f0908080']],
  ['the first sequence of five or six bytes', [BAD, 'f888808080', 'fc8480808080']],
  ['the last sequence of its length', [GOOD, '7f', 'dfbf', 'efbfbf', 'f48fbfbf']],
  ['the last sequence of four to six bytes', [BAD, 'f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf']],
  ['a boundary', [GOOD, 'ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'], [BAD, 'f4908080']],
  [
    'continuation bytes alone',
    [BAD, '80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf', range(0x80, 0xbf)],
  ],
  [
    'first bytes alone',
    [BAD, range(0xc0, 0xdf, '20'), range(0xe0, 0xef, '20'), range(0xf0, 0xf7, '20')],
    [BAD, range(0xf8, 0xfb, '20'), range(0xfc, 0xfd, '20')],
  ],
  ['a sequence without its last byte', [BAD, ...TRUNCATED]],
  ['all sequences without their last bytes', [BAD, TRUNCATED.join('')]],
  ['impossible bytes', [BAD, 'fe', 'ff', 'fefeffff']],
  ['an overlong slash', [BAD, 'c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af']],
  ['the longest overlong sequence', [BAD, 'c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf']],
  ['an overlong NUL', [BAD, 'c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080']],
  ['a surrogate', [BAD, 'eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf']],
  [
    'a pair of surrogates',
    [BAD, 'eda080edb080', 'eda080edbfbf', 'edadbfedb080', 'edadbfedbfbf'],
    [BAD, 'edae80edb080', 'edae80edbfbf', 'edafbfedb080', 'edafbfedbfbf'],
  ],
  ['a code point that is no character', [GOOD, 'efbfbe', 'efbfbf', ...NON_CHARACTERS]],
  ['a special', [GOOD, 'efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf']],
];

const sequences: readonly ConformanceCase[] = SEQUENCES.flatMap(([title, ...lists], i) => {
  const each = lists.flatMap(([isGood, ...hex]) => hex.map((bytes) => ({ isGood: isGood === GOOD, bytes })));
  return each.map(({ isGood, bytes }, j): ConformanceCase => {
    const sequence = Buffer.from(bytes, 'hex');
    const id = `6.${i + 5}.${j + 1}`;
    const what = `${title}: ${bytes}`;
    if (!isGood) return { id, what, frames: [text(sequence)], answers: [], end: 'dropped' };
    const carried = sequence.toString('utf8');
    // JSON takes no control character within a text.
    const answer = carried < ' ' ? NO_REQUEST : { echo: carried };
    return {
      id,
      what,
      frames: [text(sequence), request(sequence)],
      answers: [NO_REQUEST, answer],
      end: 'open',
    };
  });
});

export const UTF8_CASES: readonly ConformanceCase[] = [...handled, ...sequences];
