/** How many files the system lets a process open: each connection is one. */
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { ClientLimits } from '../../workers/admission-messages.ts';

/** Libraries, databases, log, rings of the event loops, sockets of broker, bus and dashboard. */
export const OWN_FILES = 200;
/** Of what is left to clients, the part that those may have who are none yet. */
const HANDSHAKE_PART = 0.25;

/**
 * Limits that leave the engine the files that it needs itself. Without them whoever opens connections takes those of the broker,
 * of the dashboard and of the control socket.
 *
 * @param limit files that this process may open; null where the system tells of no limit
 */
export function withinOpenFiles(limits: ClientLimits, limit: number | null): ClientLimits {
  const { maxConnections, maxHandshakes } = limits;
  const room = limit === null ? Number.POSITIVE_INFINITY : limit - OWN_FILES;
  if (orNone(maxConnections) + orNone(maxHandshakes) <= room) return limits;
  const handshakes = Math.max(1, Math.min(orNone(maxHandshakes), Math.floor(room * HANDSHAKE_PART)));
  const connections = Math.max(1, Math.min(orNone(maxConnections), room - handshakes));
  return { ...limits, maxConnections: connections, maxHandshakes: handshakes };
}

/** In a limit 0 stands for none. */
function orNone(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}

/** Tells who has configured more than `withinOpenFiles` leaves. */
export function reportOpenFiles(
  configured: ClientLimits,
  { maxConnections, maxHandshakes }: ClientLimits,
  openFiles: number | null,
  log: Pick<Logger, 'warn'>,
): void {
  if (maxConnections === configured.maxConnections && maxHandshakes === configured.maxHandshakes) return;
  log.warn(
    { openFiles, maxConnections, maxHandshakes },
    'the system lets this process open fewer files than TICKWIRE_MAX_CONNECTIONS and TICKWIRE_MAX_HANDSHAKES allow ' +
      'connections; these limits are lower now. Raise the number of open files (LimitNOFILE, ulimit -n), or lower the options',
  );
}

/** Files that a process may open; infinity without a limit, null where it cannot be read. @param id of it, or `self` */
export function openFileLimit(id: string): number | null {
  try {
    const row = /^Max open files\s+(\S+)/m.exec(readFileSync(`/proc/${id}/limits`, 'utf8'))?.[1];
    if (row === undefined) return null;
    return row === 'unlimited' ? Number.POSITIVE_INFINITY : Number(row);
  } catch {
    return id === 'self' ? reportedLimit() : null;
  }
}

/** Where there is no `/proc`, Node.js itself tells; null on Windows, which has no such limit. */
function reportedLimit(): number | null {
  // With the network it would ask for the names of addresses, which may take seconds. Its types do not know the switch.
  Object.assign(process.report, { excludeNetwork: true });
  const report: object = process.report.getReport();
  const limits = 'userLimits' in report ? report.userLimits : null;
  const files =
    typeof limits === 'object' && limits !== null && 'open_files' in limits ? limits.open_files : null;
  const soft = typeof files === 'object' && files !== null && 'soft' in files ? files.soft : null;
  if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
  return typeof soft === 'number' ? soft : null;
}
