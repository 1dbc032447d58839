/** Options of the bus: what leaves this machine, or this process, over ZeroMQ, and who may read it. */

import { parseCurveKey } from '../../workers/bus/curve-key.ts';
import { BUS_ENDPOINT_FORMS, parseBusEndpoint, parseFeeds } from './bus-endpoint.ts';
import {
  booleanOption,
  durationOption,
  enumOption,
  integerOption,
  option,
  optionalStringOption,
} from './option-kinds.ts';

const CURVE_KEY = '64 hex digits, as tickwire keys curve prints them, or 40 characters of Z85';

export const BUS_OPTIONS = {
  source: enumOption({
    env: 'TICKWIRE_SOURCE',
    values: ['ring', 'bus'],
    default: 'ring',
    doc:
      'Where the proxy workers of tickwire start take their ticks: ring is shared memory; bus goes through ZeroMQ at ' +
      'TICKWIRE_BUS_ENDPOINT, as tickwire proxy does.',
  }),
  busEndpoint: option<string>(
    'url',
    {
      env: 'TICKWIRE_BUS_ENDPOINT',
      default: 'tcp://127.0.0.1:5556',
      doc: 'ZeroMQ endpoint on which a feed host publishes the ticks; control requests are answered beside it.',
    },
    BUS_ENDPOINT_FORMS,
    parseBusEndpoint,
  ),
  feeds: option<readonly (readonly string[])[]>(
    'list',
    {
      env: 'TICKWIRE_FEEDS',
      default: Object.freeze([Object.freeze(['tcp://127.0.0.1:5556'])]),
      doc:
        'Feed hosts of tickwire proxy, by their TICKWIRE_BUS_ENDPOINT: feeds (other accounts, other brokers) separated ' +
        'by commas, hosts of one feed that stand by for another separated by |.',
    },
    `addresses, no socket in two of them: ${BUS_ENDPOINT_FORMS}`,
    parseFeeds,
  ),
  busSendHwm: integerOption({
    env: 'TICKWIRE_BUS_SEND_HWM',
    default: 100_000,
    min: 1,
    max: 10_000_000,
    unit: 'messages',
    doc: 'High-water mark of the bus: messages held for one slow subscriber before the bus drops.',
  }),
  busReceiveHwm: integerOption({
    env: 'TICKWIRE_BUS_RECEIVE_HWM',
    default: 100_000,
    min: 1,
    max: 10_000_000,
    unit: 'messages',
    doc: 'High-water mark of a proxy: messages of one feed host that wait for it, beside those that the host holds.',
  }),
  busHeartbeatMs: durationOption({
    env: 'TICKWIRE_BUS_HEARTBEAT',
    default: 1,
    min: 0.05,
    max: 60,
    unit: 's',
    doc:
      'Time between two heartbeats of a feed host; a proxy that hears nothing for three of them takes it for away. The ' +
      'same on both sides.',
  }),
  busRepublishMs: durationOption({
    env: 'TICKWIRE_BUS_REPUBLISH',
    default: 10,
    min: 0.1,
    max: 3600,
    unit: 's',
    doc: 'The bus repeats the last value of an instrument that was quiet for so long, so that a lost last tick heals.',
  }),
  busLingerMs: durationOption({
    env: 'TICKWIRE_BUS_LINGER',
    default: 10,
    min: 0,
    max: 3600,
    unit: 's',
    doc: 'What the last subscriber of the bus gives up stays subscribed at the broker for so long, in case it comes back.',
  }),
  controlTimeoutMs: durationOption({
    env: 'TICKWIRE_CONTROL_TIMEOUT',
    default: 3,
    min: 0.1,
    max: 60,
    unit: 's',
    doc: 'Time that a feed host has to answer a request of a proxy.',
  }),
  curveSecretKey: {
    ...option<string | null>(
      'string',
      {
        env: 'TICKWIRE_CURVE_SECRET_KEY',
        default: null,
        doc: 'Secret CURVE key of this host. With it the bus is encrypted, and only known proxies may read it.',
      },
      CURVE_KEY,
      parseCurveKey,
    ),
    secret: true,
  },
  curvePublicKey: option<string | null>(
    'string',
    {
      env: 'TICKWIRE_CURVE_PUBLIC_KEY',
      default: null,
      doc: 'Public CURVE key of this host, the other half of TICKWIRE_CURVE_SECRET_KEY.',
    },
    CURVE_KEY,
    parseCurveKey,
  ),
  curveServerKeys: option<readonly string[] | null>(
    'list',
    {
      env: 'TICKWIRE_CURVE_SERVER_KEYS',
      default: null,
      doc:
        'Public CURVE keys of the feed hosts that a proxy connects to: one for all, or one for each host in the order of ' +
        'TICKWIRE_FEEDS.',
    },
    `keys separated by commas, each ${CURVE_KEY}`,
    parseCurveKeys,
  ),
  curveAllowed: optionalStringOption({
    env: 'TICKWIRE_CURVE_ALLOWED',
    doc: 'File with the public CURVE keys of the proxies that may read the bus, one a line; # begins a comment.',
  }),
  busAllowPlain: booleanOption({
    env: 'TICKWIRE_BUS_ALLOW_PLAIN',
    default: false,
    doc: 'Allows a bus without CURVE on an address that other hosts reach: whoever gets there reads every tick, unencrypted.',
  }),
};

function parseCurveKeys(text: string): readonly string[] | undefined {
  const keys = text.split(',').map(parseCurveKey);
  const known = keys.filter((key) => key !== undefined);
  return known.length === keys.length ? Object.freeze(known) : undefined;
}
