/** Clients of the fan-out hop, in a process of their own: they read, count bytes and look at none of them. */
import { connect, type Socket } from 'node:net';
import { serveParent } from '../harness/child-program.ts';

export interface ReadingOptions {
  readonly url: string;
  readonly clients: number;
  /** They ask for compression. */
  readonly compress: boolean;
  /** When they have got so much together, one of them says so; then again. */
  readonly volleyBytes: number;
}

const BUFFER_BYTES = 256 * 1024;
/** A masked binary message without content. */
const ALL_READ = Buffer.from([0x82, 0x80, 0, 0, 0, 0]);
const CONNECTING = 50;

/** For all: nobody looks into it. */
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
let sockets: Socket[] = [];
let received = 0;
let volley = Number.POSITIVE_INFINITY;

function count(bytes: number): void {
  received += bytes;
  if (received < volley) return;
  received -= volley;
  sockets[0]?.write(ALL_READ);
}

/** @throws Error when the server does not upgrade */
function open({ url, compress }: ReadingOptions): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  let isOpen = false;
  const socket = connect({
    host: hostname,
    port: Number(port),
    noDelay: true,
    onread: {
      buffer,
      callback: (bytes) => {
        if (isOpen) count(bytes);
        else {
          // The whole answer: nothing is published before all are connected.
          const answer = buffer.toString('latin1', 0, bytes);
          isOpen = answer.startsWith('HTTP/1.1 101') && answer.endsWith('\r\n\r\n');
          if (isOpen) resolve(socket);
          else reject(new Error(`the server of the fan-out answered: ${answer}`));
        }
        return true;
      },
    },
  });
  socket.on('error', reject);
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGlja3dpcmUtYmVuY2gtIQ==\r\nSec-WebSocket-Version: 13\r\n' +
      (compress ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n' : '\r\n'),
  );
  return promise;
}

/** In place of those that were connected. */
async function connectAll(options: ReadingOptions): Promise<void> {
  const { clients, volleyBytes } = options;
  for (const socket of sockets) socket.destroy();
  sockets = [];
  received = 0;
  volley = volleyBytes;
  for (let from = 0; from < clients; from += CONNECTING) {
    const some = Array.from({ length: Math.min(CONNECTING, clients - from) }, () => open(options));
    sockets.push(...(await Promise.all(some)));
  }
}

const handlers = { connect: connectAll, received: (_: null) => received };
export type ReadingClients = typeof handlers;
serveParent(handlers);
