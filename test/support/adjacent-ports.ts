/** Ports for a bus and the control socket beside it. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, one of which could take the place meanwhile. */
const LOWEST = 15_000;
const HIGHEST = 31_000;
const TRIES = 100;

/** The first of two neighbouring ports that were free a moment ago. */
export async function adjacentPorts(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = LOWEST + 2 * Math.floor((Math.random() * (HIGHEST - LOWEST)) / 2);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error(`${TRIES} pairs of ports from ${LOWEST} to ${HIGHEST} were taken`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
