/** Whether the system lets the process open as many sockets as clients may come. */
import { OWN_FILES, openFileLimit } from '../admission/open-files.ts';
import type { RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';

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
