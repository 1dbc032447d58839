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
  /** What the socket library answers by itself, in this order: `pong <payload>`, `close <code>`. */
  readonly replies: string[];
  /** Whole messages, which we answer. */
  readonly messages: number;
  readonly end: 'open' | 'dropped' | 'closed' | 'unforetold';
}

const LONGEST_CONTROL = 125;
const decoder = new TextDecoder('utf-8', { fatal: true });

export function foretell(frames: readonly FuzzFrame[]): Foretold {
  const replies: string[] = [];
  let messages = 0;
  /** Of the message under way. */
  let parts: Uint8Array[] = [];
  let kind: number | null = null;
  for (const { opcode, fin, rsv, payload, lengthBytes } of frames) {
    const isControl = opcode >= OPCODE.CLOSE;
    const isKnown = Object.values<number>(OPCODE).includes(opcode);
    if (rsv !== 0 || !isKnown) return { replies, messages, end: 'dropped' };
    if (isControl) {
      const isLong = payload.length > LONGEST_CONTROL || lengthBytes !== undefined;
      if (!fin || isLong) return { replies, messages, end: 'dropped' };
      if (opcode === OPCODE.PING) replies.push(`pong ${Buffer.from(payload).toString('latin1')}`);
      if (opcode !== OPCODE.CLOSE) continue;
      replies.push(`close ${closeCode(payload) ?? 'without code'}`);
      return { replies, messages, end: 'closed' };
    }
    // A message within another one: the standard has it refused. The socket library does so for a text right behind a
    // fragment; any other it takes in, and what becomes of the outer message is its secret.
    if (opcode !== OPCODE.CONTINUATION && kind !== null) return { replies, messages, end: 'unforetold' };
    if (opcode === OPCODE.CONTINUATION && kind === null) return { replies, messages, end: 'dropped' };
    kind ??= opcode;
    parts.push(payload);
    if (!fin) continue;
    if (kind === OPCODE.TEXT && !isText(Buffer.concat(parts))) return { replies, messages, end: 'dropped' };
    messages++;
    parts = [];
    kind = null;
  }
  return { replies, messages, end: 'open' };
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
