/** Groups 1 to 4: frames, pings and pongs, reserved bits, reserved opcodes. */
import { clientFrame } from '../../support/client-frame.ts';
import { OPCODE } from '../../support/raw-client.ts';
import { type ConformanceCase, filler, NO_REQUEST, ping, pingRequest, request } from './conformance-case.ts';

const KINDS = [
  { group: 1, kind: 'text', opcode: OPCODE.TEXT },
  { group: 2, kind: 'binary', opcode: OPCODE.BINARY },
] as const;

const frames: ConformanceCase[] = KINDS.flatMap(({ group, kind, opcode }) => {
  const whole = (length: number) => clientFrame({ opcode, payload: pingRequest(filler(length)) });
  return [
    {
      id: `1.${group}.1`,
      what: `an empty ${kind} message`,
      frames: [clientFrame({ opcode })],
      answers: [NO_REQUEST],
      end: 'open',
    },
    ...[125, 126, 127, 128, 65_535, 65_536].map(
      (length, i): ConformanceCase => ({
        id: `1.${group}.${i + 2}`,
        what: `a ${kind} message of ${length} bytes`,
        frames: [whole(length)],
        answers: [{ echo: filler(length) }],
        end: 'open',
      }),
    ),
    {
      id: `1.${group}.8`,
      what: `a ${kind} message of 65536 bytes in writes of 997`,
      frames: [whole(65_536)],
      chop: 997,
      answers: [{ echo: filler(65_536) }],
      end: 'open',
    },
  ] satisfies ConformanceCase[];
});

const BYTES = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]).toString('latin1');
const LONGEST = '\xfe'.repeat(125);
const pong = (payload: string) => clientFrame({ opcode: OPCODE.PONG, payload });
const bytePing = (payload: string) =>
  clientFrame({ opcode: OPCODE.PING, payload: Buffer.from(payload, 'latin1') });
const TEN = Array.from({ length: 10 }, (_, i) => `payload-${i}`);

const pings: ConformanceCase[] = [
  { id: '2.1', what: 'a ping without payload', frames: [ping('')], answers: [{ pong: '' }], end: 'open' },
  {
    id: '2.2',
    what: 'a ping with a text',
    frames: [ping('Hello, world!')],
    answers: [{ pong: 'Hello, world!' }],
    end: 'open',
  },
  {
    id: '2.3',
    what: 'a ping with bytes that are no text',
    frames: [bytePing(BYTES)],
    answers: [{ pong: BYTES }],
    end: 'open',
  },
  {
    id: '2.4',
    what: 'a ping with the longest payload, 125 bytes',
    frames: [bytePing(LONGEST)],
    answers: [{ pong: LONGEST }],
    end: 'open',
  },
  {
    id: '2.5',
    what: 'a ping with 126 bytes, one too many',
    frames: [bytePing(`${LONGEST}\xfe`)],
    answers: [],
    end: 'dropped',
  },
  {
    id: '2.6',
    what: 'a ping with 125 bytes, byte by byte',
    frames: [bytePing(LONGEST)],
    chop: 1,
    answers: [{ pong: LONGEST }],
    end: 'open',
  },
  {
    id: '2.7',
    what: 'a pong that nobody asked for, without payload',
    frames: [pong('')],
    answers: [],
    end: 'open',
  },
  {
    id: '2.8',
    what: 'a pong that nobody asked for',
    frames: [pong('unsolicited pong payload')],
    answers: [],
    end: 'open',
  },
  {
    id: '2.9',
    what: 'a pong that nobody asked for, then a ping',
    frames: [pong('unsolicited pong payload'), ping('ping payload')],
    answers: [{ pong: 'ping payload' }],
    end: 'open',
  },
  {
    id: '2.10',
    what: 'ten pings at once',
    frames: TEN.map(ping),
    answers: TEN.map((payload) => ({ pong: payload })),
    end: 'open',
  },
  {
    id: '2.11',
    what: 'ten pings, byte by byte',
    frames: TEN.map(ping),
    chop: 1,
    answers: TEN.map((payload) => ({ pong: payload })),
    end: 'open',
  },
];

const HELLO = 'Hello, world!';
/** A frame that may not be, alone or behind a good message and before a ping that is not reached. */
function forbidden(
  id: string,
  what: string,
  frame: Buffer,
  chop: ConformanceCase['chop'] | null,
): ConformanceCase {
  if (chop === null) return { id, what, frames: [frame], answers: [], end: 'dropped' };
  return {
    id,
    what: `${what}, behind a message and before a ping`,
    frames: [request(HELLO), frame, ping('')],
    ...(chop !== undefined && { chop }),
    answers: [{ echo: HELLO }],
    end: 'dropped',
    mayLose: chop !== 'answered',
  };
}

const withBits = (opcode: number, rsv: number) => clientFrame({ opcode, rsv, payload: pingRequest(HELLO) });
const reservedBits: ConformanceCase[] = [
  forbidden('3.1', 'a text frame with the reserved bits 001', withBits(OPCODE.TEXT, 1), null),
  forbidden('3.2', 'a text frame with the reserved bits 010', withBits(OPCODE.TEXT, 2), undefined),
  forbidden('3.3', 'a text frame with the reserved bits 011', withBits(OPCODE.TEXT, 3), 'answered'),
  forbidden('3.4', 'a text frame with the reserved bits 100', withBits(OPCODE.TEXT, 4), 1),
  forbidden('3.5', 'a binary frame with the reserved bits 101', withBits(OPCODE.BINARY, 5), null),
  forbidden('3.6', 'a ping with the reserved bits 110', withBits(OPCODE.PING, 6), null),
  forbidden(
    '3.7',
    'a close frame with the reserved bits 111',
    clientFrame({ opcode: OPCODE.CLOSE, rsv: 7 }),
    null,
  ),
];

const OPCODES: readonly (readonly [group: number, first: number])[] = [
  [1, 3],
  [2, 11],
];
const reservedOpcodes: ConformanceCase[] = OPCODES.flatMap(([group, first]) => {
  const empty = (opcode: number) => clientFrame({ opcode });
  const full = (opcode: number) => clientFrame({ opcode, payload: 'reserved opcode payload' });
  const named = (opcode: number) => `a frame of opcode ${opcode}`;
  return [
    forbidden(`4.${group}.1`, named(first), empty(first), null),
    forbidden(`4.${group}.2`, `${named(first + 1)} with a payload`, full(first + 1), null),
    forbidden(`4.${group}.3`, named(first + 2), empty(first + 2), 'answered'),
    forbidden(`4.${group}.4`, `${named(first + 3)} with a payload`, full(first + 3), 'answered'),
    forbidden(`4.${group}.5`, `${named(first + 4)} with a payload, byte by byte`, full(first + 4), 1),
  ];
});

export const FRAMING_CASES: readonly ConformanceCase[] = [
  ...frames,
  ...pings,
  ...reservedBits,
  ...reservedOpcodes,
];
