/** Whether an address can be listened on. */
import { createServer } from 'node:net';
import { TickwireError } from '../errors.ts';

/**
 * Binds the address exclusively for a moment. uWebSockets.js sets SO_REUSEPORT on Linux, so a second engine on the same
 * port would start without a complaint and take every other client.
 *
 * @returns the port: a free one in place of 0
 * @throws TickwireError PORT_IN_USE, or what the system says of an address that cannot be bound at all
 */
export function probePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason =
        cause.code === 'EADDRINUSE'
          ? 'another program listens there'
          : `it cannot be bound (${cause.code ?? cause.message})`;
      const message =
        `WEBSOCKET_HOST:WEBSOCKET_PORT is ${host}:${port}, but ${reason}. Stop that program (OpenAlgo's own ` +
        'WebSocket proxy uses this port) or set WEBSOCKET_PORT to a free one.';
      reject(new TickwireError('PORT_IN_USE', message, { cause }));
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}

/** What the system says of an address that is to be bound, for example `EADDRINUSE`; null when it can be. */
export function bindObstacle(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
