import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export interface SilentServer {
  readonly url: string;
  /** How many have sent their first message. */
  readonly heard: () => number;
}

/** Accepts WebSockets and never says anything more, not even to their end: an engine whose process was stopped. */
export async function startSilentServer(t: Pick<TestContext, 'after'>): Promise<SilentServer> {
  let heard = 0;
  const server = createServer();
  server.on('upgrade', ({ headers }, socket) => {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${WEBSOCKET_GUID}`);
    socket.on('error', () => {}).once('data', () => heard++);
    t.after(() => socket.destroy());
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, heard: () => heard };
}
