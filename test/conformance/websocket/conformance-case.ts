/**
 * The cases of the WebSocket conformance table. They follow those of the Autobahn test suite for a server, by its numbers.
 * Autobahn's servers echo; ours answers a `ping` request with its `timestamp`, and everything else with an error, which
 * shows as well that a message arrived whole.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { clientFrame, fragments } from '../../support/client-frame.ts';
import { OPCODE } from '../../support/raw-client.ts';

export type Answer =
  /** A control frame with the payload of the ping. */
  | { readonly pong: string }
  /** The answer to a `ping` request, with its timestamp. */
  | { readonly echo: string }
  /** The answer to any other request. */
  | { readonly error: string };

export type End =
  | 'open'
  /** The connection ends without a close frame: clients call it 1006. */
  | 'dropped'
  /** A close frame, with a code or without, then the end of the connection. */
  | { readonly code: number | null; readonly reason?: string };

export interface ConformanceCase {
  readonly id: string;
  readonly what: string;
  readonly frames: readonly Buffer[];
  /**
   * Bytes of each write; `frame` for a write per frame, `answered` for one that also waits for the answer to the first. By
   * default one write for all.
   */
  readonly chop?: number | 'frame' | 'answered';
  readonly answers: readonly Answer[];
  readonly end: End;
  /** On a connection that has negotiated compression. */
  readonly isDeflated?: boolean;
  /**
   * A connection that is dropped takes along what was answered in the same turn, one that the client closes the requests
   * that waited for a later one: the last answers may be missing.
   */
  readonly mayLose?: boolean;
}

/** The answer to what is no request. */
export const NO_REQUEST: Answer = { error: 'INVALID_JSON' };

const HEAD = '{"action":"ping","timestamp":"';
const TAIL = '"}';
/** The shortest `ping` request that carries something. */
export const SHORTEST = HEAD.length + TAIL.length;

/** A `ping` request with a timestamp of exactly these bytes. */
export function pingRequest(timestamp: Uint8Array | string): Buffer {
  return Buffer.concat([Buffer.from(HEAD), Buffer.from(timestamp as string), Buffer.from(TAIL)]);
}

/** The timestamp that makes a `ping` request of so many bytes. */
export function filler(bytes: number): string {
  return '*'.repeat(bytes - SHORTEST);
}

export function text(payload: Uint8Array | string): Buffer {
  return clientFrame({ opcode: OPCODE.TEXT, payload });
}

/** A `ping` request in a text frame. */
export function request(timestamp: Uint8Array | string): Buffer {
  return text(pingRequest(timestamp));
}

/** A `ping` request in text frames of so many bytes each. */
export function fragmented(timestamp: Uint8Array | string, size: number): Buffer[] {
  return fragments(OPCODE.TEXT, pingRequest(timestamp), size);
}

export function ping(payload: string): Buffer {
  return clientFrame({ opcode: OPCODE.PING, payload });
}

/** What ends each deflate stream, and is left out of a message. */
const TAIL_OF_FLUSH = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** The bytes of a deflated message. */
export function deflated(payload: Uint8Array): Buffer {
  const stream = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH });
  return stream.subarray(0, stream.length - TAIL_OF_FLUSH.length);
}

/** What was deflated. */
export function inflated(payload: Uint8Array): Buffer {
  return inflateRawSync(Buffer.concat([payload, TAIL_OF_FLUSH]), { finishFlush: constants.Z_SYNC_FLUSH });
}
