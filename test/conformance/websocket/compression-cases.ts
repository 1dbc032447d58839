/** Messages of a client that has negotiated `permessage-deflate`: limits hold for what comes out, not for what comes in. */
import { clientFrame } from '../../support/client-frame.ts';
import { OPCODE } from '../../support/raw-client.ts';
import { type ConformanceCase, deflated, filler, pingRequest, request } from './conformance-case.ts';

const MIB = 1024 * 1024;
const HELLO = 'Hello, world!';
/** The first reserved bit says that a message is deflated. */
const DEFLATED = 4;
const message = (payload: Uint8Array) => clientFrame({ opcode: OPCODE.TEXT, rsv: DEFLATED, payload });
const bomb = (bytes: number) => message(deflated(pingRequest(filler(bytes))));
const deflatedHello = deflated(pingRequest(HELLO));

export const COMPRESSION_CASES: readonly ConformanceCase[] = [
  {
    id: 'D.1',
    what: 'a deflated message',
    frames: [message(deflatedHello)],
    isDeflated: true,
    answers: [{ echo: HELLO }],
    end: 'open',
  },
  {
    id: 'D.2',
    what: 'a message that is not deflated, then one that is',
    frames: [request(HELLO), message(deflatedHello)],
    isDeflated: true,
    answers: [{ echo: HELLO }, { echo: HELLO }],
    end: 'open',
  },
  {
    id: 'D.3',
    what: 'a deflated message in two fragments',
    frames: [
      clientFrame({ opcode: OPCODE.TEXT, rsv: DEFLATED, fin: false, payload: deflatedHello.subarray(0, 9) }),
      clientFrame({ opcode: OPCODE.CONTINUATION, payload: deflatedHello.subarray(9) }),
    ],
    isDeflated: true,
    answers: [{ echo: HELLO }],
    end: 'open',
  },
  {
    id: 'D.4',
    what: 'a deflated message that becomes as large as the limit',
    frames: [bomb(MIB)],
    isDeflated: true,
    answers: [{ echo: filler(MIB) }],
    end: 'open',
  },
  {
    id: 'D.5',
    what: 'a deflated message that becomes larger than the limit by one byte',
    frames: [bomb(MIB + 1)],
    isDeflated: true,
    answers: [],
    end: { code: 1009, reason: `message of ${MIB + 1} bytes, limit ${MIB}` },
  },
  {
    id: 'D.6',
    what: 'a deflated message of 64 KiB that would become 64 MiB',
    frames: [bomb(64 * MIB)],
    isDeflated: true,
    answers: [],
    end: 'dropped',
  },
  {
    id: 'D.7',
    what: 'a message that says it is deflated, and is not',
    frames: [message(Buffer.from('no deflate stream'))],
    isDeflated: true,
    answers: [],
    end: 'dropped',
  },
  {
    id: 'D.8',
    what: 'fragments that both say they are deflated',
    frames: [
      clientFrame({ opcode: OPCODE.TEXT, rsv: DEFLATED, fin: false, payload: deflatedHello.subarray(0, 9) }),
      clientFrame({ opcode: OPCODE.CONTINUATION, rsv: DEFLATED, payload: deflatedHello.subarray(9) }),
    ],
    isDeflated: true,
    answers: [],
    end: 'dropped',
  },
  {
    id: 'D.9',
    what: 'a deflated message that is no UTF-8',
    frames: [message(deflated(Buffer.from([0xff, 0xfe])))],
    isDeflated: true,
    answers: [],
    end: 'dropped',
  },
];
