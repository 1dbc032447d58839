import { readFileSync } from 'node:fs';

/** Flag of a socket that listens, in the table's fourth column. */
const ACCEPTS_CONNECTIONS = 0x10000;

/** Whether somebody listens on a Unix domain socket at the path; null where the system does not tell. Connects to nobody. */
export function listensAtPath(path: string): boolean | null {
  let table: string;
  try {
    table = readFileSync('/proc/net/unix', 'utf8');
  } catch {
    return null;
  }
  return table.split('\n').some((row) => {
    const [, , , flags = '', , , , name] = row.trim().split(/\s+/);
    return name === path && (Number.parseInt(flags, 16) & ACCEPTS_CONNECTIONS) !== 0;
  });
}
