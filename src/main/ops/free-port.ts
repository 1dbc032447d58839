/** Whether an address can be listened on, and which port clients get when the first one is taken. */
import { createServer } from 'node:net';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { describePortHolder } from './port-holder.ts';

type Address = Pick<Config, 'websocketHost' | 'websocketPort' | 'portPolicy'>;

/** So many ports behind the first are tried by the policy `next`. */
const MOST_NEXT = 100;
const HIGHEST_PORT = 65_535;

/** A port, or what the system says of why it cannot be bound, for example `EADDRINUSE`. */
type Binding = { readonly port: number } | { readonly obstacle: string; readonly cause?: Error };

/**
 * Where clients shall connect, bound exclusively for a moment: uWebSockets.js sets SO_REUSEPORT on Linux, so a second engine
 * on the same port would start without a complaint and take every other client.
 *
 * @param onTaken told when another port takes the place of the first, with who holds that one
 * @returns the port: a free one in place of 0
 * @throws TickwireError PORT_IN_USE, with who is in the way, or what the system says of an address that cannot be bound at all
 */
export async function chooseFreePort(
  { websocketHost: host, websocketPort: first, portPolicy }: Address,
  onTaken: (taken: { readonly port: number; readonly holder: string; readonly next: number }) => void,
): Promise<number> {
  const binding = await bindOnce(host, first);
  if ('port' in binding) return binding.port;
  const { obstacle } = binding;
  if (obstacle !== 'EADDRINUSE')
    throw refusal(host, first, `it cannot be bound (${obstacle})`, binding.cause);
  const holder = describePortHolder(host, first);
  if (portPolicy === 'fail') throw refusal(host, first, holder, binding.cause);
  for (let port = first + 1; port <= Math.min(first + MOST_NEXT, HIGHEST_PORT); port++) {
    if ('obstacle' in (await bindOnce(host, port))) continue;
    onTaken({ port: first, holder, next: port });
    return port;
  }
  throw refusal(
    host,
    first,
    `${holder}, and the ${MOST_NEXT} ports behind it are not free either`,
    binding.cause,
  );
}

/** What the system says of an address that is to be bound, for example `EADDRINUSE`; null when it can be. */
export async function bindObstacle(host: string, port: number): Promise<string | null> {
  const binding = await bindOnce(host, port);
  return 'obstacle' in binding ? binding.obstacle : null;
}

/** @returns a port of this address that is free now; null when the address cannot be bound */
export async function freePortOf(host: string): Promise<number | null> {
  const binding = await bindOnce(host, 0);
  return 'port' in binding ? binding.port : null;
}

function bindOnce(host: string, port: number): Promise<Binding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => {
      resolve({ obstacle: cause.code ?? cause.message, cause });
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve({ port: bound }));
    });
  });
}

function refusal(host: string, port: number, reason: string, cause: Error | undefined): TickwireError {
  const message =
    `WEBSOCKET_HOST:WEBSOCKET_PORT is ${host}:${port}, but ${reason}. Stop that program (OpenAlgo's own WebSocket proxy ` +
    'uses this port), set WEBSOCKET_PORT to a free one, or take the next free one with TICKWIRE_PORT_POLICY=next.';
  return new TickwireError('PORT_IN_USE', message, { cause });
}
