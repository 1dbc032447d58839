/** Ports for a bus and the control socket beside it. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, one of which could take the place meanwhile. */
const LOWEST = 15_000;
/**
 * Test files run side by side, and a port is looked at long before the process that it is for binds it: each file has a
 * share of its own, by the number of its process, and gives no port twice within a while.
 */
const SHARES = 32;
const PAIRS_OF_SHARE = 250;
const TRIES = 100;

const first = LOWEST + 2 * PAIRS_OF_SHARE * (process.pid % SHARES);
const given = new Set<number>();

/** The first of two neighbouring ports that were free a moment ago. */
export async function adjacentPorts(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = first + 2 * Math.floor(Math.random() * PAIRS_OF_SHARE);
    if (given.has(port)) continue;
    // Those of long ago have been bound, or never will be.
    if (given.size > PAIRS_OF_SHARE / 2) given.clear();
    given.add(port);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error(`${TRIES} pairs of ports from ${first} on were taken`);
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
