import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

const HOST = '127.0.0.1';
const ATTEMPTS = 20;

/** Binds and lets go. @returns the port, null when it is taken */
async function probe(port: number): Promise<number | null> {
  const server = createServer();
  try {
    server.listen(port, HOST);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch {
    return null;
  } finally {
    server.close();
  }
}

/**
 * A TCP endpoint of this machine for a bus, whose control socket takes the port behind it: both are free now.
 *
 * @throws Error when none is found
 */
export async function freeEndpoint(): Promise<string> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const port = await probe(0);
    if (port !== null && (await probe(port + 1)) !== null) return `tcp://${HOST}:${port}`;
  }
  throw new Error(`no two free ports side by side in ${ATTEMPTS} attempts`);
}
