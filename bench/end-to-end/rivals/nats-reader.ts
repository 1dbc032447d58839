/**
 * What a NATS server writes, read from a stream: lines, of which those that begin with MSG are followed by a payload.
 *
 *     MSG <subject> <subscription> [reply-to] <bytes>\r\n<payload>\r\n
 *     INFO {…}\r\n   PING\r\n   PONG\r\n   +OK\r\n   -ERR '…'\r\n
 */

export interface NatsEvents {
  /** All places are in the buffer that was given; the line is without its end. */
  message(line: number, payload: number, payloadEnd: number): void;
  /** Any other line. */
  line(text: string): void;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const ZERO = 48;
const LINE_END = 2;
/** `MSG ` as a number. */
const MSG = 0x4d534720;
const MSG_BYTES = 4;
/** An INFO line has some hundred bytes; a corrupted stream may have no end of line at all. */
const LONGEST_LINE = 32 * 1024;

/**
 * Reads the bytes between two places. Allocates nothing for a message.
 *
 * @returns where the first line begins that is not whole yet, with its payload
 * @throws Error for bytes that are not NATS
 */
export function readNats(buffer: Buffer, from: number, to: number, events: NatsEvents): number {
  let at = from;
  while (at < to) {
    let lineEnd = at;
    while (lineEnd < to && buffer[lineEnd] !== LF) lineEnd++;
    if (lineEnd - at > LONGEST_LINE) throw new Error(`not NATS: no end of line in ${lineEnd - at} bytes`);
    if (lineEnd === to) break;
    if (buffer[lineEnd - 1] !== CR || lineEnd === at) throw notNats(buffer, at, lineEnd);
    const isMessage = lineEnd - at > MSG_BYTES && buffer.readUInt32BE(at) === MSG;
    if (!isMessage) {
      events.line(buffer.toString('latin1', at, lineEnd - 1));
      at = lineEnd + 1;
      continue;
    }
    const payload = lineEnd + 1;
    const payloadEnd = payload + readSize(buffer, at, lineEnd);
    if (payloadEnd + LINE_END > to) break;
    if (buffer[payloadEnd] !== CR || buffer[payloadEnd + 1] !== LF) throw notNats(buffer, at, lineEnd);
    events.message(at, payload, payloadEnd);
    at = payloadEnd + LINE_END;
  }
  return at;
}

/** The last number of a line. */
function readSize(buffer: Buffer, line: number, lineEnd: number): number {
  let size = 0;
  let unit = 1;
  let at = lineEnd - LINE_END;
  for (; buffer[at] !== SPACE; at--) {
    const digit = buffer[at]! - ZERO;
    if (digit < 0 || digit > 9) throw notNats(buffer, line, lineEnd);
    size += digit * unit;
    unit *= 10;
  }
  if (unit === 1) throw notNats(buffer, line, lineEnd);
  return size;
}

function notNats(buffer: Buffer, line: number, lineEnd: number): Error {
  return new Error(`not NATS: ${JSON.stringify(buffer.toString('latin1', line, lineEnd).slice(0, 200))}`);
}
