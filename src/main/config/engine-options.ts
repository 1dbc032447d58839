/** Options of the engine itself: the path of a tick from the ring to the clients, and the process around it. */
import { booleanOption, durationOption, enumOption, integerOption } from './option-kinds.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

export const ENGINE_OPTIONS = {
  openalgoBus: enumOption({
    env: 'TICKWIRE_OPENALGO_BUS',
    values: ['auto', 'on', 'off'],
    default: 'auto',
    doc:
      "Whether OpenAlgo's own bus is bound at ZMQ_HOST:ZMQ_PORT, for its order updates and logins; auto binds it when " +
      'DATABASE_URL is set.',
  }),
  preset: enumOption({
    env: 'TICKWIRE_PRESET',
    values: ['default', 'latency', 'throughput'],
    default: 'default',
    doc:
      'Chooses values for options that are not given by themselves: latency lets readers spin from tick to tick (one ' +
      'core per reader while the market is open), throughput lets ticks wait for one another, up to 1 ms, so that ' +
      'they share a write to each client.',
  }),
  waitStrategy: enumOption({
    env: 'TICKWIRE_WAIT_STRATEGY',
    values: ['park', 'backoff', 'spin'],
    default: 'backoff',
    doc:
      'How readers of the ring wait: park sleeps at once (least CPU), backoff spins for a while and then sleeps, ' +
      'spin never sleeps (lowest latency, one whole core per reader).',
  }),
  spinUs: integerOption({
    env: 'TICKWIRE_SPIN_US',
    default: 20,
    min: 0,
    max: 1_000_000,
    unit: 'µs',
    doc: 'How long backoff spins before it sleeps. It does not spin while ticks usually come further apart.',
  }),
  flushUs: integerOption({
    env: 'TICKWIRE_FLUSH_US',
    default: 0,
    min: 0,
    max: 100_000,
    unit: 'µs',
    doc:
      'How long a proxy worker lets the first tick that it has not sent wait for others: then all of them leave in one ' +
      'write to each client. Slept through in whole ms, a time below 1 ms is spun through; 0 sends at once.',
  }),
  ringBytes: integerOption({
    env: 'TICKWIRE_RING_BYTES',
    default: 8 * MIB,
    min: 64 * KIB,
    max: GIB,
    powerOfTwo: true,
    unit: 'bytes',
    doc: 'Size of the ring between one feed worker and its readers.',
  }),
  maxInstruments: integerOption({
    env: 'TICKWIRE_MAX_INSTRUMENTS',
    default: 32_768,
    min: 1,
    max: 262_144,
    unit: 'instruments',
    doc:
      'Instruments that may be subscribed in the life of the process; sizes the last-value table (2.2 KB each, used only ' +
      "when touched). With OpenAlgo's bus each takes two places.",
  }),
  proxyWorkers: integerOption({
    env: 'TICKWIRE_PROXY_WORKERS',
    default: 1,
    min: 1,
    max: 31,
    unit: 'threads',
    doc: 'Threads that serve clients; more than one only on Linux.',
  }),
  dialect: enumOption({
    env: 'TICKWIRE_DIALECT',
    values: ['openalgo', 'design'],
    default: 'openalgo',
    doc: 'Dialect of a client that chooses none: openalgo is what every client in use speaks.',
  }),
  designPingIntervalMs: durationOption({
    env: 'TICKWIRE_DESIGN_PING_INTERVAL',
    default: 30,
    min: 0.01,
    max: 3600,
    unit: 's',
    doc: 'Time between keepalive pings to clients of the design dialect.',
  }),
  designPingTimeoutMs: durationOption({
    env: 'TICKWIRE_DESIGN_PING_TIMEOUT',
    default: 10,
    min: 0.01,
    max: 3600,
    unit: 's',
    doc: 'Time that a client of the design dialect has to answer a ping.',
  }),
  maxMessageBytes: integerOption({
    env: 'TICKWIRE_MAX_MESSAGE_BYTES',
    default: MIB,
    min: KIB,
    max: 64 * MIB,
    unit: 'bytes',
    doc: 'A client that sends a longer message is disconnected.',
  }),
  maxBackpressureBytes: integerOption({
    env: 'TICKWIRE_MAX_BACKPRESSURE_BYTES',
    default: 4 * MIB,
    min: 64 * KIB,
    max: GIB,
    unit: 'bytes',
    doc: 'Unsent bytes of one slow client at which it is disconnected.',
  }),
  logFormat: enumOption({
    env: 'TICKWIRE_LOG_FORMAT',
    values: ['auto', 'json', 'pretty'],
    default: 'auto',
    doc: 'Log lines for machines (json) or for people (pretty); auto is pretty on a terminal.',
  }),
  supervise: booleanOption({
    env: 'TICKWIRE_SUPERVISE',
    default: true,
    doc: 'A small parent process starts the engine again when it ends by a failure; turn it off under systemd or Docker.',
  }),
  stopTimeoutMs: durationOption({
    env: 'TICKWIRE_STOP_TIMEOUT_MS',
    reloadable: true,
    default: 5000,
    min: 1,
    max: 600_000,
    unit: 'ms',
    doc: 'Time that an orderly stop may take, behind what clients may take (TICKWIRE_DRAIN_TIMEOUT).',
  }),
  wedgedAfterMs: durationOption({
    env: 'TICKWIRE_WEDGED_AFTER_MS',
    default: 10_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    doc: 'A worker whose event loop has not turned for so long is taken for wedged.',
  }),
};
