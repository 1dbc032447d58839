/** Group 5: messages in several frames, and control frames between them. */
import { clientFrame } from '../../support/client-frame.ts';
import { OPCODE } from '../../support/raw-client.ts';
import { type ConformanceCase, ping, pingRequest, request } from './conformance-case.ts';

const REQUEST = pingRequest('fragment1fragment2fragment3fragment4fragment5');
const ECHO = { echo: 'fragment1fragment2fragment3fragment4fragment5' } as const;

/** The frames of a message that is cut into so many parts. */
function parts(count: number): Buffer[] {
  const size = Math.ceil(REQUEST.length / count);
  return Array.from({ length: count }, (_, i) =>
    clientFrame({
      opcode: i === 0 ? OPCODE.TEXT : OPCODE.CONTINUATION,
      fin: i === count - 1,
      payload: REQUEST.subarray(i * size, (i + 1) * size),
    }),
  );
}

const [FIRST, SECOND] = parts(2) as [Buffer, Buffer];
const FIVE = parts(5);
const control = (opcode: number) => [
  clientFrame({ opcode, fin: false, payload: 'fragment1' }),
  clientFrame({ opcode: OPCODE.CONTINUATION, payload: 'fragment2' }),
];
const stray = (fin: boolean) =>
  clientFrame({ opcode: OPCODE.CONTINUATION, fin, payload: 'non-continuation payload' });
const secondText = clientFrame({
  opcode: OPCODE.TEXT,
  payload: REQUEST.subarray(Math.ceil(REQUEST.length / 2)),
});

/** The same frames in one write, in a write each, and byte by byte. */
function inThreeWays(first: number, rest: Omit<ConformanceCase, 'id' | 'chop'>): ConformanceCase[] {
  const { what } = rest;
  return [
    { ...rest, id: `5.${first}` },
    { ...rest, id: `5.${first + 1}`, what: `${what}, in a write per frame`, chop: 'frame' },
    { ...rest, id: `5.${first + 2}`, what: `${what}, byte by byte`, chop: 1 },
  ];
}

export const FRAGMENT_CASES: readonly ConformanceCase[] = [
  { id: '5.1', what: 'a ping in two fragments', frames: control(OPCODE.PING), answers: [], end: 'dropped' },
  { id: '5.2', what: 'a pong in two fragments', frames: control(OPCODE.PONG), answers: [], end: 'dropped' },
  ...inThreeWays(3, {
    what: 'a text message in two fragments',
    frames: [FIRST, SECOND],
    answers: [ECHO],
    end: 'open',
  }),
  ...inThreeWays(6, {
    what: 'a text message in two fragments with a ping between them',
    frames: [FIRST, ping('ping payload'), SECOND],
    answers: [{ pong: 'ping payload' }, ECHO],
    end: 'open',
  }),
  ...inThreeWays(9, {
    what: 'a last continuation of nothing, then a message',
    frames: [stray(true), request('behind it')],
    answers: [],
    end: 'dropped',
  }),
  ...inThreeWays(12, {
    what: 'a continuation of nothing, then a message',
    frames: [stray(false), request('behind it')],
    answers: [],
    end: 'dropped',
  }),
  {
    id: '5.15',
    what: 'a text message in two fragments, then a continuation of nothing and a message',
    frames: [Buffer.concat([FIRST, SECOND]), stray(false), request('behind it')],
    chop: 'answered',
    answers: [ECHO],
    end: 'dropped',
  },
  {
    id: '5.16',
    what: 'a continuation of nothing, then a text message in two fragments, twice',
    frames: [stray(false), FIRST, SECOND, stray(false), FIRST, SECOND],
    answers: [],
    end: 'dropped',
  },
  {
    id: '5.17',
    what: 'a last continuation of nothing, then a text message in two fragments, twice',
    frames: [stray(true), FIRST, SECOND, stray(true), FIRST, SECOND],
    answers: [],
    end: 'dropped',
  },
  {
    id: '5.18',
    what: 'a text message in two fragments that both say text',
    frames: [FIRST, secondText],
    answers: [],
    end: 'dropped',
  },
  {
    id: '5.19',
    what: 'a text message in five fragments with two pings between them',
    frames: [FIVE[0]!, FIVE[1]!, ping('pongme 1!'), FIVE[2]!, FIVE[3]!, ping('pongme 2!'), FIVE[4]!],
    answers: [{ pong: 'pongme 1!' }, { pong: 'pongme 2!' }, ECHO],
    end: 'open',
  },
  {
    id: '5.20',
    what: 'a text message in five fragments with two pings between them, in a write per frame',
    frames: [FIVE[0]!, FIVE[1]!, ping('pongme 1!'), FIVE[2]!, FIVE[3]!, ping('pongme 2!'), FIVE[4]!],
    chop: 'frame',
    answers: [{ pong: 'pongme 1!' }, { pong: 'pongme 2!' }, ECHO],
    end: 'open',
  },
];
