/**
 * Through what the ticks of an engine under test come to its clients. `test/conformance/transports` sets it, and nobody
 * else: whatever a client sees must be the same.
 */
import { randomUUID } from 'node:crypto';
import { adjacentPorts } from './adjacent-ports.ts';

export type TickTransport = 'ring' | 'inproc' | 'ipc' | 'tcp';

let transport: TickTransport = 'ring';

/** For every engine of this process that is started from now on. */
export function useTickTransport(chosen: TickTransport): void {
  transport = chosen;
}

export function tickTransport(): TickTransport {
  return transport;
}

/** Flags of an engine whose directory this is. What nobody holds any more leaves the exchange at once. */
export async function tickSourceFlags(directory: string): Promise<readonly string[]> {
  // A path of its own in place of a port: nobody else can hold it.
  if (transport === 'ring') return [`--bus-endpoint=ipc://${directory}/bus`];
  return ['--source=bus', '--bus-linger=0', `--bus-endpoint=${await busEndpoint(directory)}`];
}

async function busEndpoint(directory: string): Promise<string> {
  switch (transport) {
    case 'inproc':
      return `inproc://${randomUUID()}`;
    case 'tcp':
      return `tcp://127.0.0.1:${await adjacentPorts()}`;
    default:
      return `ipc://${directory}/bus`;
  }
}
