/** Options of the connection to the broker, real or simulated. */
import { booleanOption, durationOption, enumOption, integerOption, urlOption } from './option-kinds.ts';

export const FEED_OPTIONS = {
  broker: enumOption({
    env: 'TICKWIRE_BROKER',
    values: ['angel', 'simulated'],
    default: 'simulated',
    doc: 'Where ticks come from. Not set: angel if BROKER_API_KEY or ANGEL_WS_URL is set, else the simulated exchange.',
  }),
  angelWsUrl: urlOption({
    env: 'ANGEL_WS_URL',
    default: 'wss://smartapisocket.angelone.in/smart-stream',
    schemes: ['wss', 'ws'],
    doc: "Address of Angel One's market-data socket.",
  }),
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
  feedPingIntervalMs: durationOption({
    env: 'TICKWIRE_FEED_PING_INTERVAL',
    default: 10,
    min: 0.01,
    max: 600,
    unit: 's',
    doc: 'Time between heartbeats to the broker.',
  }),
  feedDeadAfterMs: durationOption({
    env: 'TICKWIRE_FEED_DEAD_AFTER',
    default: 25,
    min: 0.02,
    max: 3600,
    unit: 's',
    doc: 'A broker connection without any frame for so long is dead. More than TICKWIRE_FEED_PING_INTERVAL.',
  }),
  reconnectInitialMs: durationOption({
    env: 'TICKWIRE_RECONNECT_INITIAL_MS',
    default: 1000,
    min: 1,
    max: 600_000,
    unit: 'ms',
    doc: 'First wait before a reconnection to the broker; it doubles with every failure.',
  }),
  reconnectMaxMs: durationOption({
    env: 'TICKWIRE_RECONNECT_MAX_MS',
    default: 60_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    doc: 'Longest wait before a reconnection. Not less than TICKWIRE_RECONNECT_INITIAL_MS.',
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
