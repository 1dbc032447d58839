/** Connections that a listener of this process has accepted and still holds, open or half closed. On Linux. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENING = '0A';

/** @param port of the listener */
export function acceptedSockets(port: number): number {
  const own = new Set(readdirSync('/proc/self/fd').map(inodeOf));
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8').split('\n'),
  );
  return rows.filter((row) => {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
    return local?.endsWith(suffix) === true && state !== LISTENING && own.has(inode);
  }).length;
}

/** Undefined for what is no socket, or is closed since. */
function inodeOf(descriptor: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1];
  } catch {
    return undefined;
  }
}
