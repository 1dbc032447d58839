/** Options that OpenAlgo has too, under its names, so that its `.env` serves both. */
import { BROKER_ROWS, type FeedQuota } from '../brokers/broker-registry.ts';
import {
  durationOption,
  enumOption,
  integerOption,
  listOption,
  optionalIntegerOption,
  optionalStringOption,
  secretOption,
  stringOption,
} from './option-kinds.ts';

/** A broker's limit, for all of them. */
const limits = (limit: keyof FeedQuota) =>
  BROKER_ROWS.map(({ title, quota }) => `${title} ${quota[limit]}`).join(', ');

/** OpenAlgo refuses to start with a shorter pepper. */
const PEPPER_MIN_LENGTH = 32;

export const OPENALGO_OPTIONS = {
  websocketHost: stringOption({
    env: 'WEBSOCKET_HOST',
    default: '127.0.0.1',
    doc: 'Address on which clients connect; 0.0.0.0 opens it to other hosts, which wants TLS (TICKWIRE_TLS_CERT).',
  }),
  websocketPort: integerOption({
    env: 'WEBSOCKET_PORT',
    default: 8765,
    min: 0,
    max: 65_535,
    doc: 'Port on which clients connect; 0 takes any free port.',
  }),
  wsAuthGraceMs: durationOption({
    env: 'WS_AUTH_GRACE_SECONDS',
    reloadable: true,
    default: 15,
    min: 0.1,
    max: 3600,
    unit: 's',
    doc: 'A client that has not authenticated so long after connecting is disconnected.',
  }),
  wsPingIntervalMs: durationOption({
    env: 'WS_PING_INTERVAL',
    default: 20,
    min: 0.1,
    max: 3600,
    unit: 's',
    doc: 'Time between pings to a client.',
  }),
  wsPingTimeoutMs: durationOption({
    env: 'WS_PING_TIMEOUT',
    default: 20,
    min: 0.1,
    max: 3600,
    unit: 's',
    doc: 'A client that leaves a ping unanswered for so long is disconnected.',
  }),
  zmqHost: stringOption({
    env: 'ZMQ_HOST',
    default: '127.0.0.1',
    doc: "Address of OpenAlgo's own message bus.",
  }),
  zmqPort: integerOption({
    env: 'ZMQ_PORT',
    default: 5555,
    min: 0,
    max: 65_535,
    doc: "Port of OpenAlgo's own message bus.",
  }),
  wsProxyStatsFile: stringOption({
    env: 'WS_PROXY_STATS_FILE',
    default: 'log/ws_proxy_stats.json',
    doc: "File that OpenAlgo's health page reads, written every 10 s; none writes no file.",
  }),
  databaseUrl: optionalStringOption({
    env: 'DATABASE_URL',
    doc:
      "OpenAlgo's database, sqlite:///relative or sqlite:////absolute; only read. " +
      'Not set: sqlite:///db/tickwire.db, created with a demo user.',
  }),
  databasePollMs: durationOption({
    env: 'TICKWIRE_DATABASE_POLL',
    reloadable: true,
    default: 5,
    min: 0.01,
    max: 3600,
    unit: 's',
    doc: 'Time between two looks for new logins and instruments in the database, beside what its bus announces.',
  }),
  apiKeyPepper: secretOption({
    env: 'API_KEY_PEPPER',
    minLength: PEPPER_MIN_LENGTH,
    doc: "Pepper of the API keys and of the broker tokens' encryption, from OpenAlgo's .env.",
  }),
  fernetSalt: secretOption({
    env: 'FERNET_SALT',
    minLength: 1,
    doc: "Salt of the broker tokens' encryption, from OpenAlgo's .env.",
  }),
  brokerApiKey: secretOption({
    env: 'BROKER_API_KEY',
    minLength: 1,
    doc: "API key of the user's app at the broker.",
  }),
  validBrokers: listOption({
    env: 'VALID_BROKERS',
    default: BROKER_ROWS.map(({ name }) => name),
    doc: 'Brokers named to clients that ask for the supported ones.',
  }),
  maxSymbolsPerWebsocket: optionalIntegerOption({
    env: 'MAX_SYMBOLS_PER_WEBSOCKET',
    min: 1,
    max: 100_000,
    unit: 'symbols',
    doc: `Most symbols that one connection to the broker carries. Not set, or above it: the broker's own limit (${limits('maxPairs')}).`,
  }),
  maxWebsocketConnections: optionalIntegerOption({
    env: 'MAX_WEBSOCKET_CONNECTIONS',
    min: 1,
    max: 64,
    unit: 'connections',
    doc: `Most connections to the broker for one account. Not set, or above it: the broker's own limit (${limits('maxConnections')}).`,
  }),
  logLevel: enumOption({
    env: 'LOG_LEVEL',
    reloadable: true,
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    aliases: { warning: 'warn', critical: 'fatal' },
    default: 'info',
    doc: "Lowest level that is logged; OpenAlgo's WARNING and CRITICAL mean warn and fatal.",
  }),
};
