/** How messages are read: JSON comes as text, msgpack as binary, and the answers to `authenticate` as text whatever was chosen. */
import { TickwireError } from './tickwire-error.ts';
import { isMessage, type WireMessage } from './wire.ts';

export type FramingName = 'json' | 'msgpack';

/** @throws TickwireError BAD_MESSAGE */
export type Decode = (frame: unknown) => WireMessage;

function check(value: unknown): WireMessage {
  if (isMessage(value)) return value;
  throw new TickwireError(
    'BAD_MESSAGE',
    `a message of the server is no object but ${Array.isArray(value) ? 'a list' : typeof value}`,
  );
}

function guard(read: () => unknown): WireMessage {
  let value: unknown;
  try {
    value = read();
  } catch (error) {
    throw new TickwireError('BAD_MESSAGE', `a message of the server cannot be read: ${String(error)}`);
  }
  return check(value);
}

function decodeJson(frame: unknown): WireMessage {
  return guard(() => JSON.parse(String(frame)) as unknown);
}

/**
 * Loads msgpackr only for msgpack, so that programs with JSON need no package at all.
 * @throws TickwireError MSGPACKR_MISSING
 */
export async function loadDecoder(framing: FramingName): Promise<Decode> {
  if (framing === 'json') return decodeJson;
  try {
    const { Unpackr } = await import('msgpackr');
    const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' });
    return (frame) =>
      frame instanceof ArrayBuffer ? guard(() => unpackr.unpack(new Uint8Array(frame))) : decodeJson(frame);
  } catch (error) {
    const message = `the framing msgpack needs the package msgpackr, which cannot be loaded: ${String(error)}`;
    throw new TickwireError('MSGPACKR_MISSING', `${message}; install it, or choose json`);
  }
}
