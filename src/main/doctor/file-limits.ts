/** Whether the system lets the process open as many sockets as clients may come. */
import { readFileSync } from 'node:fs';
import type { RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';

/** Libraries, databases, log, rings of the event loops, sockets of broker and bus. */
const OWN_FILES = 200;
/** With less not even a handful of clients is served. */
const LEAST_FILES = OWN_FILES + 56;

export const check: RunCheck = ({ config, role, engine }) => {
  const { maxConnections, maxHandshakes } = config;
  const clients = role === 'feed' ? 0 : maxConnections + maxHandshakes;
  const outcomes = [judge('this process', openFileLimit('self'), clients, config)];
  // The engine may have been started by somebody else, with other limits; its own are what counts.
  if (engine?.pid != null) {
    const limit = openFileLimit(String(engine.pid));
    if (limit !== null) outcomes.push(judge('the running engine', limit, clients, config));
  }
  return outcomes;
};

function judge(
  who: string,
  limit: number | null,
  clients: number,
  { maxConnections, maxHandshakes }: { readonly maxConnections: number; readonly maxHandshakes: number },
): Outcome {
  if (limit === null) return go('this system sets no limit of open files that could be read');
  const wanted = OWN_FILES + clients;
  const raise = `Raise it: LimitNOFILE=${wanted} in the systemd unit, ulimits in the Compose file, or ulimit -n ${wanted} before the start`;
  if (limit < LEAST_FILES) {
    return noGo(`${who} may open ${limit} files; an engine takes some ${OWN_FILES} by itself`, `${raise}.`);
  }
  if (limit < wanted) {
    return warn(
      `${who} may open ${limit} files: room for some ${limit - OWN_FILES} connections of the ` +
        `${clients} that TICKWIRE_MAX_CONNECTIONS (${maxConnections}) and TICKWIRE_MAX_HANDSHAKES (${maxHandshakes}) allow`,
      `${raise}; or lower the two options to what may really come.`,
    );
  }
  const enough = clients === 0 ? 'a host without clients' : `${clients} connections`;
  return go(`${who} may open ${limit} files, enough for ${enough}`);
}

/** Files that a process may open; infinity without a limit, null where it cannot be read. @param id of it, or `self` */
function openFileLimit(id: string): number | null {
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
  const report: object = process.report.getReport();
  const limits = 'userLimits' in report ? report.userLimits : null;
  const files =
    typeof limits === 'object' && limits !== null && 'open_files' in limits ? limits.open_files : null;
  const soft = typeof files === 'object' && files !== null && 'soft' in files ? files.soft : null;
  if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
  return typeof soft === 'number' ? soft : null;
}
