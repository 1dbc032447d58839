import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { DEMO_CREDENTIALS } from '../../src/main/simulator/simulator-options.ts';

/** The headers of a SmartStream handshake. */
export const DEMO_HEADERS: Readonly<Record<string, string>> = {
  authorization: DEMO_CREDENTIALS.authToken,
  'x-api-key': DEMO_CREDENTIALS.apiKey,
  'x-client-code': DEMO_CREDENTIALS.clientCode,
  'x-feed-token': DEMO_CREDENTIALS.feedToken,
};

/** A bare SmartStream client that keeps all it gets. */
export interface StreamClient {
  readonly socket: WebSocket;
  readonly frames: readonly Buffer[];
  readonly texts: readonly string[];
  /** Sends a request; values of `overrides` replace the request's own. */
  request(mode: number, exchangeType: number, tokens: readonly string[], overrides?: object): void;
  /** Resolves when `condition` holds after a message, a close or at once; rejects after two seconds. */
  until(condition: () => boolean): Promise<void>;
}

/** Connects and waits until the socket is open. */
export async function connectStream(url: string, headers = DEMO_HEADERS): Promise<StreamClient> {
  const socket = new WebSocket(url, { perMessageDeflate: false, headers });
  const frames: Buffer[] = [];
  const texts: string[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) frames.push(data);
    else texts.push(data.toString());
  });
  await once(socket, 'open');
  // A reset arrives as an error before the close that tests wait for.
  socket.on('error', () => undefined);
  return {
    socket,
    frames,
    texts,
    request(mode, exchangeType, tokens, overrides = {}) {
      const params = { mode, tokenList: [{ exchangeType, tokens }] };
      socket.send(JSON.stringify({ correlationID: 'a1b2c3d4e5', action: 1, params, ...overrides }));
    },
    until(condition) {
      return new Promise((resolve, reject) => {
        const timeout = setTimeout(() => {
          end();
          reject(new Error(`Still not after 2 s: ${condition}; ${frames.length} frames, texts: ${texts}`));
        }, 2000);
        const check = () => {
          if (!condition()) return;
          end();
          resolve();
        };
        const end = () => {
          clearTimeout(timeout);
          socket.off('message', check).off('close', check);
        };
        socket.on('message', check).on('close', check);
        check();
      });
    },
  };
}

/** Tries a handshake that is refused, and returns the answer. */
export async function refusedHandshake(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{
  readonly status: number | undefined;
  readonly message: string | undefined;
  readonly body: string;
}> {
  const socket = new WebSocket(url, { headers });
  socket.on('error', () => undefined);
  const answer: IncomingMessage = (await once(socket, 'unexpected-response'))[1];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part);
  const message = answer.headers['x-error-message'];
  return {
    status: answer.statusCode,
    message: typeof message === 'string' ? message : undefined,
    body: Buffer.concat(parts).toString(),
  };
}
