/**
 * A WebSocket to a broker, whose messages are read where the kernel puts them.
 *
 * The `ws` package does the handshake, TLS, all writing, pings, the close handshake and everything that is against the
 * protocol. What it is not given are the frames of an ordinary feed, one message in one frame each: between the socket and its
 * receiver stands a `FrameReader`, which takes these and hands on the rest as it came. So the rare things are done by
 * code that many use, and the frequent ones without a stream, four views and two events for each message.
 *
 *     kernel ──read──▶ buffer of this socket ──▶ FrameReader ──▶ received()
 *                                                    │ what is no whole message in one frame, and the handshake
 *                                                    ▼
 *                                                'data' event ──▶ ws ──▶ 'message', 'close', 'error'
 *
 * Feed worker thread.
 */
import type { NetConnectOpts } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { type IntakeEvents, SocketIntake } from './socket-intake.ts';

/** A Kite message with all 3000 instruments of a connection has some 560 kB. What is longer closes the connection. */
const MOST_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Address and headers of a connection attempt. */
export interface Handshake {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Begins to connect.
 *
 * @param events all messages, whoever has read them
 * @returns a socket of `ws` with all its other events
 * @throws what `ws` throws for an address or a header that it does not understand
 */
export function openUpstreamSocket({ url, headers }: Handshake, events: IntakeEvents): WebSocket {
  const intake = new SocketIntake(events, MOST_MESSAGE_BYTES);
  const socket = new WebSocket(url, {
    headers: { ...headers },
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: MOST_MESSAGE_BYTES,
    // Also against an environment that switches it off for the whole process.
    rejectUnauthorized: true,
    createConnection: (options: NetConnectOpts | string | number) => intake.connect(options, isSecure(url)),
  });
  socket.on('open', () => intake.open());
  socket.on('error', () => intake.fail());
  socket.on('message', (data: RawData, isBinary: boolean) => {
    // `ws` gives a Buffer unless another binary type was chosen.
    const bytes = data as Buffer;
    events.onMessage(bytes, 0, bytes.length, isBinary);
  });
  return socket;
}

function isSecure(url: string): boolean {
  const { protocol } = new URL(url);
  return protocol === 'wss:' || protocol === 'https:';
}
