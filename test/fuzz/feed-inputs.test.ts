import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { XSubscriber } from 'zeromq';
import { OFFSET } from '../../src/codec/angel/frame-layout.ts';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { controlEndpointOf } from '../../src/workers/bus/bus-address.ts';
import { ANGEL_VECTORS } from '../support/angel-wire.ts';
import { BusClient } from '../support/bus-client.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { OpenAlgoPublisher } from '../support/openalgo-publisher.ts';
import { until } from '../support/until.ts';
import { exchangeOf, insertInstruments, symbolOf, VectorUpstream } from '../support/vector-upstream.ts';

const QUOTE = ANGEL_VECTORS.find(
  ({ hex }) => hex.startsWith('02') && exchangeOf(Number.parseInt(hex.slice(2, 4), 16)) !== undefined,
)!;
const TOKEN = String(QUOTE.expected.token);
const EXCHANGE_TYPE = Number(QUOTE.expected.exchange_type);
const EXCHANGE = exchangeOf(EXCHANGE_TYPE)!;
const SYMBOL = symbolOf(TOKEN);
const TOPIC = formatTopic({ broker: 'angel', exchange: EXCHANGE, symbol: SYMBOL }, MODE.QUOTE);

let goodFrames = 0;

/** A frame of the broker, each with a price of its own: one that repeats another is no news. */
function goodFrame(): Buffer {
  const bytes = Buffer.from(QUOTE.hex, 'hex');
  bytes.writeInt32LE(100_000 + ++goodFrames, OFFSET.LAST_TRADED_PRICE);
  return bytes;
}

const change = fc.record({ at: fc.nat({ max: 443 }), value: fc.nat({ max: 255 }) });
const frame = fc.oneof(
  fc
    .tuple(fc.constantFrom(...ANGEL_VECTORS), fc.array(change, { maxLength: 5 }), fc.nat({ max: 500 }))
    .map(([{ hex }, changes, length]): Buffer => {
      const bytes = Buffer.from(hex, 'hex');
      for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
      return length < 60 ? bytes.subarray(0, length) : bytes;
    }),
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
);
const said = fc.oneof(
  frame,
  fc.string(),
  fc.json(),
  fc.constantFrom('pong', '{"errorCode": "E1001"}', '[]', 'null'),
);

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom<unknown>(1e300, -0, 2 ** 53, '7', null, [], {}),
);
const foreignTick = fc.record(
  {
    ltp: number,
    last_price: number,
    volume: number,
    timestamp: number,
    open: number,
    total_buy_quantity: number,
    oi: number,
    depth: fc.oneof(
      number,
      fc.record({
        buy: fc.array(fc.record({ price: number, quantity: number, orders: number })),
        sell: number,
      }),
    ),
  },
  { requiredKeys: [] },
);
const openAlgoTopic = fc.oneof(
  fc.constantFrom(...['LTP', 'QUOTE', 'DEPTH', 'X'].map((mode) => `${EXCHANGE}_${SYMBOL}_${mode}`)),
  fc.constantFrom(
    'ANGEL_demo_orders',
    'CACHE_INVALIDATE_ALL_demo',
    'a_positions',
    'NSE__LTP',
    '_',
    '',
    '__proto__',
  ),
  fc.string(),
);
const openAlgoPayload = fc.oneof(
  foreignTick.map((tick) => JSON.stringify(tick)),
  fc.json(),
  fc.constantFrom('{"ltp": NaN, "volume": -Infinity}', '{"user_id": {}}', '{"user_id": "demo"}', 'NaN', ''),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => '{"a":'.repeat(depth)),
);
const openAlgoMessage = fc.oneof(
  { weight: 5, arbitrary: fc.tuple<(string | Uint8Array)[]>(openAlgoTopic, openAlgoPayload) },
  fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }),
);

const subscription = fc.tuple(
  fc.constantFrom(0, 1, 1, 1, 2, 255),
  fc.oneof(
    fc.constantFrom(
      TOPIC,
      TOPIC.slice(0, -1),
      '',
      'angel/',
      '@status/',
      '@heartbeat/',
      'a/b/c/LTP/',
      '%/%/%/QUOTE/',
    ),
    fc.constantFrom(
      'angel/NSE/__proto__/DEPTH/',
      `angel/NSE/${'x'.repeat(900)}/LTP/`,
      '////',
      'angel/NSE/TCS/LTP/x',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
  ),
);
const greeting = Buffer.from('ff00000000000000017f0301', 'hex');
const zmtp = fc
  .tuple(
    fc.constantFrom('', 'NULL', 'CURVE', 'PLAIN', 'x'.repeat(20)),
    fc.uint8Array({ maxLength: 120 }),
    fc.nat({ max: 80 }),
  )
  .map(([mechanism, rest, cut]) => {
    const name = Buffer.alloc(20);
    name.write(mechanism);
    const whole = Buffer.concat([
      greeting.subarray(0, 10),
      Buffer.from([3, 0]),
      name,
      Buffer.alloc(32),
      rest,
    ]);
    return cut > 70 ? Buffer.from(rest) : whole.subarray(0, whole.length - (cut % 3));
  });

/** A connection to a ZeroMQ endpoint without ZeroMQ. */
function connectBelow(endpoint: string): Socket {
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  const socket = protocol === 'ipc:' ? connect(pathname) : connect(Number(port), hostname);
  socket.on('error', () => {});
  return socket;
}

test('what comes in from brokers, from OpenAlgo and at the bus', async (t) => {
  const upstream = await VectorUpstream.listen(t);
  const { client, engine, fatal, busEndpoint, started } = await startEngineFixture(t, {
    upstreamUrl: upstream.url,
    prepare: insertInstruments([{ exchangeType: EXCHANGE_TYPE, token: TOKEN }]),
    flags: ['--openalgo-bus=on', '--zmq-port=0'],
  });
  const steady = await client();
  await steady.subscribe(EXCHANGE, SYMBOL, 2);
  await upstream.untilCarried(2, EXCHANGE_TYPE, TOKEN);
  /** A good frame of the broker still becomes a tick, and nothing had to be started anew. */
  const assertServed = async () => {
    const before = steady.ticks(SYMBOL).length;
    await until('a tick', () => {
      upstream.sendRaw(goodFrame());
      return steady.ticks(SYMBOL).length > before;
    });
    assert.ok(engine.readers.every(({ restarts }) => restarts === 0));
    assert.equal(engine.openalgoBus!.worker.restarts, 0);
    assert.deepEqual(fatal, []);
  };

  await t.test('whatever a broker sends, its next good frame is served', async (t) => {
    let messages = 0;
    await fuzz(
      fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 30 }), async (each) => {
        messages += each.length;
        for (const data of each) upstream.sendRaw(data);
        await assertServed();
      }),
      0.35,
    );
    t.diagnostic(`${messages} messages`);
  });

  await t.test(
    "whatever is published on OpenAlgo's bus, the next order update reaches its user",
    async (t) => {
      const publisher = await OpenAlgoPublisher.connect(t, started.openalgoBusEndpoint!);
      await steady.ask({ action: 'subscribe_orders' });
      let messages = 0;
      await fuzz(
        fc.asyncProperty(fc.array(openAlgoMessage, { minLength: 1, maxLength: 20 }), async (each) => {
          messages += each.length;
          for (const frames of each) publisher.sendFrames(...frames);
          const order = `round ${messages}`;
          publisher.send('ANGEL_demo_orders', { user_id: 'demo', orderid: order });
          await until('the order update', () =>
            steady.received.some(({ message }) => message.orderid === order),
          );
        }),
        0.3,
      );
      t.diagnostic(`${messages} messages`);
      await assertServed();
    },
  );

  await t.test(
    'whatever is subscribed or sent at the bus, its other subscribers get their ticks',
    async (t) => {
      const bus = new BusClient(t, busEndpoint, TOPIC);
      const hostile = new XSubscriber({ linger: 0, sendTimeout: 1000 });
      t.after(() => hostile.close());
      hostile.connect(busEndpoint);
      let rounds = 0;
      await fuzz(
        fc.asyncProperty(
          fc.array(subscription, { maxLength: 20 }),
          zmtp,
          fc.boolean(),
          async (each, bytes, toControl) => {
            rounds++;
            for (const [kind, topic] of each) await hostile.send(String.fromCharCode(kind) + topic);
            const socket = connectBelow(toControl ? controlEndpointOf(busEndpoint) : busEndpoint);
            await once(socket, 'connect');
            socket.write(bytes);
            await new Promise(setImmediate);
            socket.destroy();
            const before = bus.ticks(TOPIC).length;
            await until('a tick on the bus', () => {
              upstream.sendRaw(goodFrame());
              return bus.ticks(TOPIC).length > before;
            });
          },
        ),
        0.35,
      );
      t.diagnostic(`${rounds} rounds`);
      await assertServed();
    },
  );
});
