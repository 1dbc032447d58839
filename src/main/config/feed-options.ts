/** Options of the connection to the broker, real or simulated. */
import { BROKER_ROWS, type BrokerName, type StreamKey, streamKey } from '../brokers/broker-registry.ts';
import {
  booleanOption,
  type ConfigOption,
  durationOption,
  enumOption,
  integerOption,
  numberOption,
  optionalDurationOption,
  optionalStringOption,
  urlOption,
} from './option-kinds.ts';

/** One address per broker. Built in a loop, of which the compiler sees only that its keys are texts. */
const STREAM_OPTIONS = Object.fromEntries(
  BROKER_ROWS.map(({ name, title, stream }) => [
    streamKey(name),
    urlOption({
      env: stream.env,
      default: stream.url,
      schemes: ['wss', 'ws'],
      doc: `Address of ${title}'s market-data socket.`,
    }),
  ]),
) as Record<StreamKey, ConfigOption<string>>;

const BROKER_NAMES: readonly BrokerName[] = BROKER_ROWS.map(({ name }) => name);
const STREAM_ENVS = BROKER_ROWS.map(({ stream }) => stream.env).join(' or ');
const DEAD_AFTER = BROKER_ROWS.map(
  ({ title, heartbeat }) => `${heartbeat.deadAfterMs / 1000} s for ${title}`,
).join(', ');
const PING_INTERVAL = BROKER_ROWS.flatMap(({ title, heartbeat: { intervalMs } }) =>
  intervalMs === null ? [] : [`${intervalMs / 1000} s for ${title}`],
).join(', ');

export const FEED_OPTIONS = {
  broker: enumOption<BrokerName | 'simulated'>({
    env: 'TICKWIRE_BROKER',
    values: [...BROKER_NAMES, 'simulated'],
    default: 'simulated',
    doc: `Where ticks come from. Not set: the real brokers if BROKER_API_KEY or ${STREAM_ENVS} is set, else the simulated exchange.`,
  }),
  ...STREAM_OPTIONS,
  angelDepth20: booleanOption({
    env: 'TICKWIRE_ANGEL_DEPTH20',
    default: false,
    doc: 'Offer 20 depth levels on NSE. Angel One announced their end for April 2025; the simulated exchange has them.',
  }),
  subscribeChunk: integerOption({
    env: 'TICKWIRE_SUBSCRIBE_CHUNK',
    default: 500,
    min: 1,
    max: 1000,
    unit: 'tokens',
    doc: 'Tokens in one subscribe request to the broker.',
  }),
  feedPingIntervalMs: optionalDurationOption({
    env: 'TICKWIRE_FEED_PING_INTERVAL',
    min: 0.01,
    max: 600,
    unit: 's',
    doc: `Time between heartbeats to a broker that wants any. Not set: ${PING_INTERVAL}.`,
  }),
  feedDeadAfterMs: optionalDurationOption({
    env: 'TICKWIRE_FEED_DEAD_AFTER',
    min: 0.02,
    max: 3600,
    unit: 's',
    doc: `A broker connection without any frame for so long is dead. More than TICKWIRE_FEED_PING_INTERVAL. Not set: ${DEAD_AFTER}.`,
  }),
  handshakeTimeoutMs: durationOption({
    env: 'TICKWIRE_HANDSHAKE_TIMEOUT',
    default: 10,
    min: 0.01,
    max: 600,
    unit: 's',
    doc: 'Longest time for TCP, TLS and the WebSocket handshake of a connection to the broker together.',
  }),
  reconnectInitialMs: durationOption({
    env: 'TICKWIRE_RECONNECT_INITIAL_MS',
    default: 1000,
    min: 1,
    max: 600_000,
    unit: 'ms',
    doc: 'First wait before a reconnection to the broker.',
  }),
  reconnectFactor: numberOption({
    env: 'TICKWIRE_RECONNECT_FACTOR',
    default: 2,
    min: 1,
    max: 10,
    doc: 'By how much each wait before a reconnection is longer than the one before. There is always another one.',
  }),
  reconnectMaxMs: durationOption({
    env: 'TICKWIRE_RECONNECT_MAX_MS',
    default: 60_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    doc: 'Longest wait before a reconnection. Not less than TICKWIRE_RECONNECT_INITIAL_MS.',
  }),
  reconnectJitter: numberOption({
    env: 'TICKWIRE_RECONNECT_JITTER',
    default: 0.5,
    min: 0,
    max: 1,
    doc: 'Which share of each wait is left to chance, so that not everybody comes back in the same instant.',
  }),
  reconnectStableAfterMs: durationOption({
    env: 'TICKWIRE_RECONNECT_STABLE_AFTER',
    default: 10,
    min: 0,
    max: 3600,
    unit: 's',
    doc: 'A connection that was up for longer has proved itself: when it is lost, the waits begin anew.',
  }),
  slotWaitMinMs: durationOption({
    env: 'TICKWIRE_SLOT_WAIT_MIN',
    default: 10,
    min: 0.001,
    max: 3600,
    unit: 's',
    doc: "Shortest wait when all of the account's connections are taken (HTTP 429); chance decides between the two.",
  }),
  slotWaitMaxMs: durationOption({
    env: 'TICKWIRE_SLOT_WAIT_MAX',
    default: 30,
    min: 0.001,
    max: 3600,
    unit: 's',
    doc: "Longest wait when all of the account's connections are taken. Not less than TICKWIRE_SLOT_WAIT_MIN.",
  }),
  marketCalendar: optionalStringOption({
    env: 'TICKWIRE_MARKET_CALENDAR',
    doc: 'JSON file with the sessions and holidays of the exchanges, in place of or beside the built-in ones. Not set: the built-in ones; the simulated exchange never closes.',
  }),
  feedMoveAfterMs: durationOption({
    env: 'TICKWIRE_FEED_MOVE_AFTER',
    default: 5,
    min: 0.05,
    max: 3600,
    unit: 's',
    doc: 'A connection to the broker that is not up for so long is left: what it carries moves to others, if they have room. It has to be up for as long before it is used evenly again.',
  }),
  muteAfterMs: durationOption({
    env: 'TICKWIRE_MUTE_AFTER',
    default: 30,
    min: 0,
    max: 86_400,
    unit: 's',
    doc: 'A segment without any tick for so long, while its market is open, is subscribed again, and is mute if nothing comes. 0: never.',
  }),
  staleAfterMs: durationOption({
    env: 'TICKWIRE_STALE_AFTER',
    default: 60,
    min: 0,
    max: 86_400,
    unit: 's',
    doc: 'The same for an instrument that usually ticks more often, which is stale then. 0: never.',
  }),
  openGraceMs: durationOption({
    env: 'TICKWIRE_OPEN_GRACE',
    default: 60,
    min: 0,
    max: 3600,
    unit: 's',
    doc: 'After a market has opened, no tick is missed for so long.',
  }),
  recoveryWaitMs: durationOption({
    env: 'TICKWIRE_RECOVERY_WAIT',
    default: 10,
    min: 0.05,
    max: 600,
    unit: 's',
    doc: 'How long the first attempt to bring back missing ticks may take; it doubles with each further one.',
  }),
  recoveryMaxWaitMs: durationOption({
    env: 'TICKWIRE_RECOVERY_MAX_WAIT',
    default: 600,
    min: 0.05,
    max: 86_400,
    unit: 's',
    doc: 'Longest pause between two such attempts. Not less than TICKWIRE_RECOVERY_WAIT.',
  }),
  simulateProfile: enumOption({
    env: 'TICKWIRE_SIMULATE_PROFILE',
    values: ['calm', 'open', 'storm'],
    default: 'open',
    doc: 'How busy the simulated exchange is.',
  }),
  simulateSeed: integerOption({
    env: 'TICKWIRE_SIMULATE_SEED',
    default: 1,
    min: 0,
    max: 4_294_967_295,
    doc: 'Seed of the simulated prices; the same seed gives the same prices.',
  }),
  simulatePort: integerOption({
    env: 'TICKWIRE_SIMULATE_PORT',
    default: 0,
    min: 0,
    max: 65_535,
    doc: 'Port of the simulated exchange; 0 takes any free port.',
  }),
};
