/** What clients may send that nobody should: requests of our grammar with wrong parts, and bytes of no grammar at all. */
import fc from 'fast-check';
import { pack } from 'msgpackr';

export class HostileMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;

  constructor(data: Buffer, isBinary: boolean) {
    this.data = data;
    this.isBinary = isBinary;
  }

  /** What a report of a failure shows, in place of a list of numbers. */
  [fc.toStringMethod](): string {
    const { data } = this;
    const shown =
      data.length > MAX_SHOWN ? `${data.toString('latin1', 0, MAX_SHOWN)}… (${data.length} bytes)` : '';
    return `${this.isBinary ? 'binary' : 'text'} ${JSON.stringify(shown || data.toString('latin1'))}`;
  }
}

/** The whole of a longer message is found by the seed and the path. */
const MAX_SHOWN = 600;

const ACTIONS = [
  'authenticate',
  'auth',
  'subscribe',
  'unsubscribe',
  'unsubscribe_all',
  'subscribe_orders',
  'unsubscribe_orders',
  'get_broker_info',
  'get_supported_brokers',
  'ping',
  'pong',
];
const KEYS = [
  ...['action', 'type', 'api_key', 'apikey', 'framing', 'dialect', 'features', 'slow', 'session', 'compress'],
  ...['symbol', 'exchange', 'symbols', 'mode', 'depth', 'depth_level', 'depth_fallback', 'max_rate'],
  ...['request_id', 'timestamp', '_pingId', '__proto__', 'constructor', 'toString', 'length'],
];
/** Names of instruments that are there, and of others. */
const SYMBOLS = [
  'RELIANCE',
  'TCS',
  'INFY',
  'NIFTY',
  'HDFCBANK',
  'NOBODY',
  '__proto__',
  '\0',
  'a\0b',
  '',
  'N'.repeat(300),
];
const EXCHANGES = ['NSE', 'NFO', 'NSE_INDEX', 'BSE', 'MCX', 'nse', '', 'toString'];

const symbol = fc.oneof(fc.constantFrom(...SYMBOLS), fc.string({ unit: 'binary' }));
const exchange = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...EXCHANGES) },
  fc.string({ unit: 'binary' }),
);
const mode = fc.oneof(
  fc.constantFrom<unknown>(1, 2, 3, 4, 'LTP', 'quote', 'Depth', 0, 5, -1, 2.5, '', null, '4', [], {}, 1e300),
  fc.anything(),
);
const features = fc.constantFrom<unknown>(
  ...[
    'sequence',
    ['sequence', 'stamps'],
    ['snapshot', 'status', 'receipts', 'session'],
    [null],
    7,
    {},
    '',
    [],
  ],
);
const entry = fc.oneof(
  { weight: 6, arbitrary: fc.record({ symbol, exchange, mode }, { requiredKeys: ['symbol', 'exchange'] }) },
  fc.anything(),
);
/** Whatever a value of JSON may be, and what only msgpack has. */
const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withSet: true }),
  fc.constantFrom<unknown>(1e308, -0, 2 ** 53, 'x'.repeat(5000), '\ud800', Number.NaN, true, null),
);

/** A request that is right in most of its parts. @param apiKey a good key, with such sessions */
function likelyRequest(apiKey: string, sessions: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    {
      action: fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...ACTIONS) }, anyValue),
      api_key: fc.oneof(
        fc.constant(apiKey),
        fc.constantFrom<unknown>('', 'wrong', 'k'.repeat(3000), 7, null, [apiKey]),
      ),
      symbol,
      exchange,
      mode,
      symbols: fc.array(entry, { maxLength: 12 }),
      features,
      framing: fc.constantFrom<unknown>('json', 'msgpack', 'xml', null),
      dialect: fc.constantFrom<unknown>('openalgo', 'design', 'other', 1),
      slow: fc.constantFrom<unknown>('deliver', 'conflate', 'disconnect', 'never', {}),
      max_rate: fc.constantFrom<unknown>(0.5, 10, 1000, 0, -1, '7', null, Number.POSITIVE_INFINITY),
      depth: fc.constantFrom<unknown>(5, 20, 50, 7, '5', null, [5]),
      depth_level: fc.constantFrom<unknown>(5, 20, 50, -1, {}),
      session: fc.oneof(fc.constantFrom('', ...sessions), fc.string({ maxLength: 30 }), anyValue),
      request_id: anyValue,
      timestamp: anyValue,
    },
    { requiredKeys: ['action'] },
  );
}

const anyRequest = fc.dictionary(fc.constantFrom(...KEYS), anyValue);

/** JSON text, for what has one. */
function toJson(value: unknown): string {
  try {
    const text = JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'bigint' ? Number(member) : member,
    );
    return text ?? 'null';
  } catch {
    return '{"action": "subscribe", "symbols": [}';
  }
}

function toMsgpack(value: unknown): Buffer {
  try {
    return pack(value);
  } catch {
    return Buffer.from([0x81, 0xa6]);
  }
}

/** Changes of some bytes: overwritten, taken out, put in. */
const damages = fc.array(
  fc.record({ at: fc.nat(), cut: fc.nat({ max: 8 }), insert: fc.uint8Array({ maxLength: 8 }) }),
  { minLength: 1, maxLength: 3 },
);

function damage(bytes: Buffer, changes: readonly { at: number; cut: number; insert: Uint8Array }[]): Buffer {
  let changed = bytes;
  for (const { at, cut, insert } of changes) {
    const from = changed.length === 0 ? 0 : at % changed.length;
    changed = Buffer.concat([changed.subarray(0, from), insert, changed.subarray(from + cut)]);
  }
  return changed;
}

/** Nested far deeper than any request, in both forms. */
const nested = fc
  .tuple(fc.integer({ min: 1, max: 50_000 }), fc.constantFrom('json', 'array', 'map', 'half', 'id'))
  .map(([depth, kind]): Buffer => {
    if (kind === 'json') return Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    if (kind === 'half') return Buffer.from('{"a":'.repeat(depth));
    if (kind === 'id') {
      const id = '['.repeat(depth) + ']'.repeat(depth);
      return Buffer.from(`{"action":"subscribe","symbol":"TCS","exchange":"NSE","request_id":${id}}`);
    }
    if (kind === 'array') return Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]);
    return Buffer.alloc(depth * 2, Buffer.from([0x81, 0x01]));
  });

/** msgpack heads that promise much more than comes. */
const promises = fc
  .tuple(
    fc.constantFrom(0xdc, 0xdd, 0xde, 0xdf, 0xc6, 0xc9, 0xdb, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xc7, 0xc8),
    fc.uint8Array({ maxLength: 12 }),
  )
  .map(([token, rest]) => Buffer.from([0x81, 0xa6, ...Buffer.from('action'), token, ...rest]));

function asMessage(value: unknown, form: string): HostileMessage {
  if (form === 'msgpack') return new HostileMessage(toMsgpack(value), true);
  return new HostileMessage(Buffer.from(toJson(value)), form === 'binary');
}

const form = fc.constantFrom('text', 'text', 'binary', 'msgpack');

/**
 * Any message of a hostile client.
 * @param apiKey a good key, so that what lies behind the authentication is reached
 * @param sessions that clients of the key have left
 */
export function hostileMessage(apiKey: string, sessions: readonly string[]): fc.Arbitrary<HostileMessage> {
  const likely = fc.tuple(likelyRequest(apiKey, sessions), form).map(([value, as]) => asMessage(value, as));
  const any = fc.tuple(anyRequest, form).map(([value, as]) => asMessage(value, as));
  const damaged = fc
    .tuple(fc.oneof(likely, any), damages)
    .map(([message, changes]) => new HostileMessage(damage(message.data, changes), true));
  const bytes = fc.uint8Array({ maxLength: 400 }).map((data) => new HostileMessage(Buffer.from(data), true));
  const raw = fc.oneof(nested, promises).map((data) => new HostileMessage(data, true));
  return fc.oneof(
    { weight: 8, arbitrary: likely },
    { weight: 3, arbitrary: any },
    { weight: 3, arbitrary: damaged },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: raw },
  );
}
