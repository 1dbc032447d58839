/**
 * Who listens on a port, as far as the system tells: the process on Linux, if it belongs to this user; elsewhere nothing.
 * For messages about a port that is taken. Reads `/proc` at once, some ms on a machine with many processes.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { basename } from 'node:path';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const LISTENING = '0A';

/** Columns of the tables, separated by blanks. */
const COLUMN = { LOCAL: 1, STATE: 3, USER: 7, INODE: 9 } as const;

interface ListeningSocket {
  readonly inode: string;
  /** Number of its user. */
  readonly user: string;
}

/**
 * The subject and verb of a message, for a port that is known to be taken.
 *
 * @param host what was to be bound
 */
export function describePortHolder(host: string, port: number): string {
  return findPortHolder(host, port) ?? 'another program listens there';
}

/**
 * Subject and verb too, `node (process 4711) listens there`, or null when nobody is seen. Command lines are not shown, since
 * they may carry secrets.
 *
 * @param host what was to be bound
 */
export function findPortHolder(host: string, port: number): string | null {
  return lookUpPortHolder(host, port)?.text ?? null;
}

export interface PortHolder {
  /** Null when it is another user's. */
  readonly process: number | null;
  /** Subject and verb. */
  readonly text: string;
}

/** The same with the process's number. */
export function lookUpPortHolder(host: string, port: number): PortHolder | null {
  const sockets = TABLES.flatMap((table) => listeningSockets(table, host, port));
  for (const { inode } of sockets) {
    const id = processOf(inode);
    if (id !== null) return { process: Number(id), text: `${nameOf(id)} (process ${id}) listens there` };
  }
  const [unseen] = sockets;
  if (unseen === undefined) return null;
  const text = `a program of user id ${unseen.user}, which this user may not look into, listens there`;
  return { process: null, text };
}

function listeningSockets(table: string, host: string, port: number): ListeningSocket[] {
  const rows = readText(table).split('\n').slice(1);
  return rows.flatMap((row) => {
    const columns = row.trim().split(/\s+/);
    const [address = '', hexPort = ''] = columns[COLUMN.LOCAL]?.split(':') ?? [];
    if (columns[COLUMN.STATE] !== LISTENING || Number.parseInt(hexPort, 16) !== port) return [];
    if (!stands(address, host)) return [];
    return [{ inode: columns[COLUMN.INODE] ?? '', user: columns[COLUMN.USER] ?? '' }];
  });
}

/** Whether a socket on an address is in the way of one on `host`. Of names and IPv6 addresses the port has to do. */
function stands(address: string, host: string): boolean {
  if (/^0+$/.test(address) || !isIPv4(host) || host === '0.0.0.0') return true;
  const bytes = host.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  // Written as the machine's own integer, lowest byte first; in the table of IPv6 behind ::ffff:.
  return address.endsWith(bytes.toReversed().join('').toUpperCase());
}

/** The number of the process that has a socket. */
function processOf(inode: string): string | null {
  const link = `socket:[${inode}]`;
  for (const id of listOf('/proc').filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${id}/fd`;
    if (listOf(folder).some((descriptor) => linkOf(`${folder}/${descriptor}`) === link)) return id;
  }
  return null;
}

function nameOf(id: string): string {
  const [program = ''] = readText(`/proc/${id}/cmdline`).split('\0');
  return basename(program) || readText(`/proc/${id}/comm`).trim() || 'a program';
}

/** A process may end while it is looked at, and most belong to others: then there is nothing to see. */
function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
