/** Why a connection cannot be made. The platform's own WebSocket does not tell; `ws` does. */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

const TIMEOUT_MS = 5000;
const MAX_TEXT = 300;

/** Tries once more. @returns the reason in words; null where it can be made now */
export function connectionFault(url: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = new WebSocket(url, { handshakeTimeout: TIMEOUT_MS });
  socket.on('open', () => resolve(null));
  socket.on('error', (error) => resolve(error.message));
  socket.on('unexpected-response', (_, response: IncomingMessage) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      text = `${text}${part}`.slice(0, MAX_TEXT);
    });
    response.on('close', () => {
      const said = text.trim().replaceAll(/\s+/g, ' ');
      resolve(`it answers HTTP ${response.statusCode}${said === '' ? '' : `: ${said}`}`);
      socket.terminate();
    });
  });
  return promise.finally(() => socket.terminate());
}
