/** What RFC 6455 and our proxy make of masked frames, each of them whole: the oracle of a fuzz test. */
import { OPCODE } from './raw-client.ts';

export interface FuzzFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly payload: Uint8Array;
  readonly mask: Uint8Array;
  /** In place of the shortest form, where the length fits. */
  readonly lengthBytes: 3 | 9 | undefined;
}

export interface Foretold {
  /** `pong <payload>`, `answer` for a message, `close <code>`. */
  readonly answers: string[];
  readonly end: 'open' | 'dropped' | 'closed' | 'unforetold';
}

const LONGEST_CONTROL = 125;
const decoder = new TextDecoder('utf-8', { fatal: true });

export function foretell(frames: readonly FuzzFrame[]): Foretold {
  const answers: string[] = [];
  /** Of the message under way. */
  let parts: Uint8Array[] = [];
  let kind: number | null = null;
  for (const { opcode, fin, rsv, payload, lengthBytes } of frames) {
    const isControl = opcode >= OPCODE.CLOSE;
    const isKnown = Object.values<number>(OPCODE).includes(opcode);
    if (rsv !== 0 || !isKnown) return { answers, end: 'dropped' };
    if (isControl) {
      const isLong = payload.length > LONGEST_CONTROL || lengthBytes !== undefined;
      if (!fin || isLong) return { answers, end: 'dropped' };
      if (opcode === OPCODE.PING) answers.push(`pong ${Buffer.from(payload).toString('latin1')}`);
      if (opcode !== OPCODE.CLOSE) continue;
      answers.push(`close ${closeCode(payload) ?? 'without code'}`);
      return { answers, end: 'closed' };
    }
    // A message within another one: the standard has it refused. The socket library does so for a text right behind a
    // fragment; any other it takes in, and what becomes of the outer message is its secret.
    if (opcode !== OPCODE.CONTINUATION && kind !== null) return { answers, end: 'unforetold' };
    if (opcode === OPCODE.CONTINUATION && kind === null) return { answers, end: 'dropped' };
    kind ??= opcode;
    parts.push(payload);
    if (!fin) continue;
    if (kind === OPCODE.TEXT && !isText(Buffer.concat(parts))) return { answers, end: 'dropped' };
    answers.push('answer');
    parts = [];
    kind = null;
  }
  return { answers, end: 'open' };
}

function isText(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The code that a close frame is answered with: its own, none where it has none that may be sent. */
function closeCode(payload: Uint8Array): number | null {
  if (payload.length < 2 || !isText(payload.subarray(2))) return null;
  const code = Buffer.from(payload).readUInt16BE(0);
  const isReserved = code >= 1004 && code <= 1006;
  return (code >= 1000 && code <= 1011 && !isReserved) || (code >= 3000 && code <= 4999) ? code : null;
}
