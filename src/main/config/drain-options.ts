/** Options of an orderly stop: how clients are let go, and how the engine is asked for it. */
import { durationOption, optionalStringOption } from './option-kinds.ts';

export const DRAIN_OPTIONS = {
  drainTimeoutMs: durationOption({
    env: 'TICKWIRE_DRAIN_TIMEOUT',
    reloadable: true,
    default: 2,
    min: 0,
    max: 600,
    unit: 's',
    doc:
      'Time that clients have, when the engine stops, to take what was sent to them. Nobody waits for those who have ' +
      'taken it. TICKWIRE_STOP_TIMEOUT_MS counts from then on.',
  }),
  drainSpreadMs: durationOption({
    env: 'TICKWIRE_DRAIN_SPREAD',
    reloadable: true,
    default: 10,
    min: 0,
    max: 3600,
    unit: 's',
    doc:
      'Longest time over which clients are advised to come back when the engine stops; it takes 5 ms for each client ' +
      'of a proxy worker.',
  }),
  controlSocket: optionalStringOption({
    env: 'TICKWIRE_CONTROL_SOCKET',
    doc:
      'Path of the socket through which commands (drain, reload, dashboard, tail) reach the engine, or none. Not set: tickwire.sock beside the ' +
      'database; for tickwire proxy, which has no database, tickwire-proxy.sock in the working directory.',
  }),
};
