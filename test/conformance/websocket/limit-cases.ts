/**
 * Group 9: large messages, and many. Autobahn's servers take any size; ours takes requests of up to 1 MiB. A larger one
 * is refused with 1009 when it is here; one that is larger than four times that is not received at all.
 */
import { clientFrame, fragments } from '../../support/client-frame.ts';
import { OPCODE } from '../../support/raw-client.ts';
import { type ConformanceCase, type End, filler, NO_REQUEST, pingRequest, text } from './conformance-case.ts';

const KIB = 1024;
const MIB = KIB * KIB;
const LIMIT = MIB;
/** Of what the socket library receives. */
const RECEIVED_LIMIT = 4 * LIMIT;
const KINDS = [
  { kind: 'text', opcode: OPCODE.TEXT },
  { kind: 'binary', opcode: OPCODE.BINARY },
] as const;

function sizeOf(bytes: number): string {
  return bytes < MIB ? `${bytes / KIB} KiB` : `${bytes / MIB} MiB`;
}

/** What becomes of a message of so many bytes. */
function outcome(bytes: number): Pick<ConformanceCase, 'answers' | 'end'> {
  if (bytes <= LIMIT) return { answers: [{ echo: filler(bytes) }], end: 'open' };
  const tooBig: End = { code: 1009, reason: `message of ${bytes} bytes, limit ${LIMIT}` };
  return { answers: [], end: bytes <= RECEIVED_LIMIT ? tooBig : 'dropped' };
}

const payloads = new Map<number, Buffer>();
/** Large ones are made once. */
function payloadOf(bytes: number): Buffer {
  const known = payloads.get(bytes) ?? pingRequest(filler(bytes));
  payloads.set(bytes, known);
  return known;
}

const large = KINDS.flatMap(({ kind, opcode }, k) =>
  [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].map(
    (bytes, i): ConformanceCase => ({
      id: `9.${k + 1}.${i + 1}`,
      what: `a ${kind} message of ${sizeOf(bytes)}`,
      get frames() {
        return [clientFrame({ opcode, payload: payloadOf(bytes) })];
      },
      ...outcome(bytes),
    }),
  ),
);

const inFragments = KINDS.flatMap(({ kind, opcode }, k) =>
  [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].map(
    (size, i): ConformanceCase => ({
      id: `9.${k + 3}.${i + 1}`,
      what: `a ${kind} message of 4 MiB in fragments of ${size} bytes`,
      get frames() {
        return fragments(opcode, payloadOf(4 * MIB), size);
      },
      ...outcome(4 * MIB),
    }),
  ),
);

const inWrites = KINDS.flatMap(({ kind, opcode }, k) =>
  [64, 128, 256, 512, KIB, 2 * KIB].map(
    (chop, i): ConformanceCase => ({
      id: `9.${k + 5}.${i + 1}`,
      what: `a ${kind} message of 1 MiB in writes of ${chop} bytes`,
      get frames() {
        return [clientFrame({ opcode, payload: payloadOf(MIB) })];
      },
      chop,
      ...outcome(MIB),
    }),
  ),
);

const MANY = 1000;
const many = KINDS.flatMap(({ kind, opcode }, k) =>
  [0, 16, 64, 256, KIB, 4 * KIB].map((bytes, i): ConformanceCase => {
    // Too short for a timestamp.
    const short = Buffer.from(bytes === 0 ? '' : '{"type":"ping"} ');
    const payload = bytes < 64 ? short : payloadOf(bytes);
    const answer = bytes === 0 ? NO_REQUEST : { echo: bytes === 16 ? '' : filler(bytes) };
    return {
      id: `9.${k + 7}.${i + 1}`,
      what: `${MANY} ${kind} messages of ${bytes} bytes`,
      get frames() {
        return Array<Buffer>(MANY).fill(clientFrame({ opcode, payload }));
      },
      answers: Array(MANY).fill(answer),
      end: 'open',
    };
  }),
);

export const LIMIT_CASES: readonly ConformanceCase[] = [...large, ...inFragments, ...inWrites, ...many];

/** Our own limit from both sides, and what Autobahn does not ask. */
export const OWN_CASES: readonly ConformanceCase[] = [
  {
    id: 'T.1',
    what: 'a message of one byte more than the limit',
    get frames() {
      return [text(payloadOf(LIMIT + 1))];
    },
    ...outcome(LIMIT + 1),
  },
  {
    id: 'T.2',
    what: 'a message of 1 MiB in fragments of 1000 bytes',
    get frames() {
      return fragments(OPCODE.TEXT, payloadOf(MIB), 1000);
    },
    ...outcome(MIB),
  },
  {
    id: 'T.3',
    what: 'a message of one byte more than what is received, of which only the head is sent',
    frames: [clientFrame({ opcode: OPCODE.TEXT, announced: RECEIVED_LIMIT + 1 })],
    answers: [],
    end: 'dropped',
  },
  {
    id: 'T.4',
    what: 'fragments that together are one byte more than what is received',
    get frames() {
      return fragments(OPCODE.TEXT, payloadOf(RECEIVED_LIMIT + 1), MIB);
    },
    answers: [],
    end: 'dropped',
  },
  {
    id: 'T.5',
    what: 'a head that announces 2^63 bytes',
    frames: [clientFrame({ opcode: OPCODE.BINARY, announced: 1n << 63n })],
    answers: [],
    end: 'dropped',
  },
  {
    id: 'T.6',
    what: 'a head that announces 2^32 + 1 bytes',
    frames: [clientFrame({ opcode: OPCODE.BINARY, announced: (1n << 32n) + 1n })],
    answers: [],
    end: 'dropped',
  },
  {
    id: 'T.9',
    what: 'a binary frame within a text message, which the socket library takes for the rest of it',
    frames: [
      clientFrame({ opcode: OPCODE.TEXT, fin: false, payload: payloadOf(64).subarray(0, 40) }),
      clientFrame({ opcode: OPCODE.BINARY, payload: payloadOf(64).subarray(40) }),
    ],
    answers: [{ echo: filler(64) }],
    end: 'open',
  },
  ...([3, 9] as const).map(
    (lengthBytes, i): ConformanceCase => ({
      id: `T.${i + 7}`,
      what: `a message whose length takes ${lengthBytes} bytes, though one would do`,
      frames: [clientFrame({ opcode: OPCODE.TEXT, payload: payloadOf(64), lengthBytes })],
      answers: [{ echo: filler(64) }],
      end: 'open',
    }),
  ),
];
