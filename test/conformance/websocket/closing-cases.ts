/** Group 7: how a client closes. */
import { clientFrame, closeFrame } from '../../support/client-frame.ts';
import { OPCODE } from '../../support/raw-client.ts';
import { type ConformanceCase, fragmented, ping, request, SHORTEST } from './conformance-case.ts';

const HELLO = 'Hello World!';
const NORMAL = { code: 1000 } as const;
const LARGE = '*'.repeat(256 * 1024 - SHORTEST);
/** Longest reason: a control frame carries 125 bytes, two of them the code. */
const LONGEST_REASON = '*'.repeat(123);
const [FIRST, LAST] = fragmented(HELLO, SHORTEST) as [Buffer, Buffer];

/** Codes that an endpoint may send. */
const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
/** Beyond all that are defined. */
const UNDEFINED_CODES = [5000, 65_535];

/** Codes of libraries: the socket library takes them for codes that nobody may send. The connection closes all the same. */
const UNECHOED = new Set([3000, 3999]);
/** A close frame that breaks a rule is answered with one that has no code. */
const REFUSED = { code: null } as const;

export const CLOSING_CASES: readonly ConformanceCase[] = [
  {
    id: '7.1.1',
    what: 'a message, then a close frame',
    frames: [request(HELLO), closeFrame(1000)],
    answers: [{ echo: HELLO }],
    mayLose: true,
    end: NORMAL,
  },
  {
    id: '7.1.2',
    what: 'two close frames',
    frames: [closeFrame(1000), closeFrame(1000)],
    answers: [],
    end: NORMAL,
  },
  {
    id: '7.1.3',
    what: 'a ping behind a close frame',
    frames: [closeFrame(1000), ping('too late')],
    answers: [],
    end: NORMAL,
  },
  {
    id: '7.1.4',
    what: 'a message behind a close frame',
    frames: [closeFrame(1000), request(HELLO)],
    answers: [],
    end: NORMAL,
  },
  {
    id: '7.1.5',
    what: 'a close frame between the fragments of a message',
    frames: [FIRST, closeFrame(1000), LAST],
    answers: [],
    end: NORMAL,
  },
  {
    id: '7.1.6',
    what: 'a message of 256 KiB, another, a close frame and a ping',
    frames: [request(LARGE), request(HELLO), closeFrame(1000), ping('too late')],
    answers: [{ echo: LARGE }, { echo: HELLO }],
    mayLose: true,
    end: NORMAL,
  },
  {
    id: '7.3.1',
    what: 'a close frame without payload',
    frames: [closeFrame(null)],
    answers: [],
    end: REFUSED,
  },
  {
    id: '7.3.2',
    what: 'a close frame with half a code',
    frames: [clientFrame({ opcode: OPCODE.CLOSE, payload: 'a' })],
    answers: [],
    end: REFUSED,
  },
  { id: '7.3.3', what: 'a close frame with a code', frames: [closeFrame(1000)], answers: [], end: NORMAL },
  {
    id: '7.3.4',
    what: 'a close frame with a code and a reason',
    frames: [closeFrame(1000, HELLO)],
    answers: [],
    end: { code: 1000, reason: HELLO },
  },
  {
    id: '7.3.5',
    what: 'a close frame with the longest reason',
    frames: [closeFrame(1000, LONGEST_REASON)],
    answers: [],
    end: { code: 1000, reason: LONGEST_REASON },
  },
  {
    id: '7.3.6',
    what: 'a close frame with a reason that is too long by one byte',
    frames: [closeFrame(1000, `${LONGEST_REASON}*`)],
    answers: [],
    end: 'dropped',
  },
  {
    id: '7.5.1',
    what: 'a close frame with a reason that is no UTF-8',
    frames: [closeFrame(1000, Buffer.from('cebae1bdb9cf83cebceda080656469746564', 'hex'))],
    answers: [],
    end: REFUSED,
  },
  ...GOOD_CODES.map(
    (code, i): ConformanceCase => ({
      id: `7.7.${i + 1}`,
      what: `a close frame with the code ${code}`,
      frames: [closeFrame(code)],
      answers: [],
      end: UNECHOED.has(code) ? REFUSED : { code },
    }),
  ),
  ...BAD_CODES.map(
    (code, i): ConformanceCase => ({
      id: `7.9.${i + 1}`,
      what: `a close frame with the code ${code}, which nobody may send`,
      frames: [closeFrame(code)],
      answers: [],
      end: REFUSED,
    }),
  ),
  ...UNDEFINED_CODES.map(
    (code, i): ConformanceCase => ({
      id: `7.13.${i + 1}`,
      what: `a close frame with the code ${code}, which is not defined`,
      frames: [closeFrame(code)],
      answers: [],
      end: REFUSED,
    }),
  ),
];
