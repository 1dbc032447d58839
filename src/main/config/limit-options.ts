/** What clients may take, one by one and together. A limit of 0 is none. */

import { durationOption, integerOption, option } from './option-kinds.ts';
import { DEFAULT_TRUSTED, parseTrusted } from './trusted-proxies.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const MAX_COUNT = 100_000_000;

export const LIMIT_OPTIONS = {
  trustedProxies: option<readonly string[]>(
    'list',
    {
      env: 'TICKWIRE_TRUSTED_PROXIES',
      default: DEFAULT_TRUSTED,
      doc:
        'Addresses and networks of reverse proxies: what they say in X-Forwarded-For is the address of a client. Limits ' +
        'per address do not hold for a client that comes from one of them without that header: it could be anybody. ' +
        'By default none where WEBSOCKET_HOST lets other hosts in.',
    },
    'addresses or networks such as 10.0.0.0/8 separated by commas, or none',
    parseTrusted,
  ),
  maxConnections: integerOption({
    env: 'TICKWIRE_MAX_CONNECTIONS',
    reloadable: true,
    default: 10_000,
    min: 0,
    max: 1_000_000,
    unit: 'connections',
    doc: 'Clients that may be connected at a time; a further one reads HTTP 503. 0: no limit.',
  }),
  maxHandshakes: integerOption({
    env: 'TICKWIRE_MAX_HANDSHAKES',
    reloadable: true,
    default: 5000,
    min: 0,
    max: 1_000_000,
    unit: 'connections',
    doc:
      'Connections that may be open at a time without being a WebSocket client: those that have not sent their request ' +
      'yet, and readers of the page. One address may hold half of them, unless it is a trusted proxy. A further one is ' +
      'closed at once. 0: no limit.',
  }),
  maxConnectionsPerAddress: integerOption({
    env: 'TICKWIRE_MAX_CONNECTIONS_PER_ADDRESS',
    reloadable: true,
    default: 2000,
    min: 0,
    max: 1_000_000,
    unit: 'connections',
    doc:
      'Clients of one address (IPv6: of one /64 network) that may be connected at a time; a further one reads HTTP 429. ' +
      '0: no limit.',
  }),
  maxConnectionsPerKey: integerOption({
    env: 'TICKWIRE_MAX_CONNECTIONS_PER_KEY',
    reloadable: true,
    default: 2000,
    min: 0,
    max: 1_000_000,
    unit: 'connections',
    doc: 'Clients with one API key that may be connected at a time. 0: no limit.',
  }),
  authAttempts: integerOption({
    env: 'TICKWIRE_AUTH_ATTEMPTS',
    reloadable: true,
    default: 100,
    min: 0,
    max: MAX_COUNT,
    unit: 'attempts',
    doc:
      'Wrong API keys from one address within TICKWIRE_AUTH_WINDOW after which it may try no further until that time is ' +
      'over. 0: no limit.',
  }),
  authWindowMs: durationOption({
    env: 'TICKWIRE_AUTH_WINDOW',
    reloadable: true,
    default: 60,
    min: 0.1,
    max: 86_400,
    unit: 's',
    doc: 'Time in which wrong API keys of an address are counted, from the first of them.',
  }),
  requestsPerSecond: integerOption({
    env: 'TICKWIRE_REQUESTS_PER_SECOND',
    reloadable: true,
    default: 500,
    min: 0,
    max: MAX_COUNT,
    unit: 'requests/s',
    doc:
      'Requests that one client may send for long; each 512 bytes of one count as one more. Beyond it requests are ' +
      'refused, and a client that sends twice as many is disconnected. 0: no limit.',
  }),
  requestBurst: integerOption({
    env: 'TICKWIRE_REQUEST_BURST',
    reloadable: true,
    default: 5000,
    min: 1,
    max: MAX_COUNT,
    unit: 'requests',
    doc: 'Requests that one client may send at once after a pause.',
  }),
  maxBatch: integerOption({
    env: 'TICKWIRE_MAX_BATCH',
    reloadable: true,
    default: 5000,
    min: 0,
    max: MAX_COUNT,
    unit: 'symbols',
    doc: 'Symbols that one request may name. 0: no limit.',
  }),
  maxSubscriptionsPerClient: integerOption({
    env: 'TICKWIRE_MAX_SUBSCRIPTIONS_PER_CLIENT',
    reloadable: true,
    default: 20_000,
    min: 0,
    max: MAX_COUNT,
    unit: 'subscriptions',
    doc: 'Pairs of symbol and mode that one client may hold. 0: no limit.',
  }),
  maxSubscriptionsPerKey: integerOption({
    env: 'TICKWIRE_MAX_SUBSCRIPTIONS_PER_KEY',
    reloadable: true,
    default: 1_000_000,
    min: 0,
    max: MAX_COUNT,
    unit: 'subscriptions',
    doc: 'Pairs of symbol and mode that all clients of one API key may hold together. 0: no limit.',
  }),
  maxSubscriptions: integerOption({
    env: 'TICKWIRE_MAX_SUBSCRIPTIONS',
    reloadable: true,
    default: 1_000_000,
    min: 0,
    max: MAX_COUNT,
    unit: 'subscriptions',
    doc: 'Pairs of symbol and mode that all clients may hold together. 0: no limit.',
  }),
  maxStreams: integerOption({
    env: 'TICKWIRE_MAX_STREAMS',
    reloadable: true,
    default: 100_000,
    min: 0,
    max: MAX_COUNT,
    unit: 'streams',
    doc:
      'Forms of ticks that are kept ready, one for each instrument, mode, framing and other choice of form that a client has ' +
      'taken, however many clients share it. Beyond it no further subscription is taken. 0: no limit.',
  }),
  idleTimeoutMs: durationOption({
    env: 'TICKWIRE_IDLE_TIMEOUT',
    reloadable: true,
    default: 86_400,
    min: 0,
    max: 2_592_000,
    unit: 's',
    doc: 'A client that holds no subscription and has asked nothing but pings for so long is disconnected. 0: it may stay.',
  }),
  maxOutboundBytes: integerOption({
    env: 'TICKWIRE_MAX_OUTBOUND_BYTES',
    reloadable: true,
    default: 512 * MIB,
    min: 0,
    max: 1024 * GIB,
    unit: 'bytes',
    doc: 'Unsent bytes of all clients together; beyond it those furthest behind are disconnected. 0: no limit.',
  }),
  maxInboundBytes: integerOption({
    env: 'TICKWIRE_MAX_INBOUND_BYTES',
    reloadable: true,
    default: 256 * MIB,
    min: 0,
    max: 1024 * GIB,
    unit: 'bytes',
    doc:
      'Bytes of requests of all clients together that wait for earlier ones; beyond it a client with more than 4 ' +
      'KiB that would have to wait is disconnected, beyond half of it one whose key is not known yet. 0: no limit.',
  }),
};
