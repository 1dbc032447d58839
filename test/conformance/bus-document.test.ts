/** BUS.md says what the bus is: its tables are compared with the sources, its examples with what the engine sends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Dealer, Subscriber } from 'zeromq';
import { Flag } from '../../src/codec/generated/tickwire/flag.ts';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic, parseTopic } from '../../src/codec/topic.ts';
import { BUS_OPTIONS } from '../../src/main/config/bus-options.ts';
import { controlEndpointOf } from '../../src/workers/bus/bus-address.ts';
import { encodeEvent, parseEvent } from '../../src/workers/bus/bus-event.ts';
import {
  type ControlErrorCode,
  MAX_REQUEST_BYTES,
  MAX_RESOLVE_WISHES,
} from '../../src/workers/bus/control-message.ts';
import { MAX_OF_PEER } from '../../src/workers/bus/control-server.ts';
import { BusDocument } from '../support/bus-document.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { OpenAlgoPublisher } from '../support/openalgo-publisher.ts';
import { until } from '../support/until.ts';
import { UpstreamServer } from '../support/upstream-server.ts';

const document = new BusDocument();
const schema = readFileSync(new URL('../../src/codec/tick.fbs', import.meta.url), 'utf8');

test('the addresses and topics of BUS.md are those that the engine uses', () => {
  for (const [bus, control] of document.table('Endpoints')) assert.equal(controlEndpointOf(bus!), control);
  const topics = document.table('Topics');
  assert.ok(topics.length >= 4);
  for (const [topic, broker, exchange, symbol, name] of topics) {
    const mode = MODE[name as keyof typeof MODE];
    const parts = { broker: broker!, exchange: exchange!, symbol: symbol! };
    assert.equal(formatTopic(parts, mode), topic);
    assert.deepEqual(parseTopic(topic!), { ...parts, mode });
  }
  assert.deepEqual(
    document.table('Topics', 1).map(([name]) => name),
    Object.keys(MODE),
  );
});

test('BUS.md lists every field of a tick, in the order of the schema, and every flag', () => {
  const fields = [...schema.matchAll(/^struct (\w+) \{\n([^}]*)\}/gm)].flatMap(([, struct, body]) =>
    [...body!.matchAll(/^ {2}(\w+):/gm)].map(([, field]) => [struct, field]),
  );
  const rows = document.table('The tick');
  assert.deepEqual(
    rows.map(([struct, field]) => [struct, field]),
    fields,
  );
  const absent = new Set(rows.map(([, , , flag]) => flag).filter((flag) => flag?.startsWith('Absent')));
  const kinds = document.table('The tick', 1).map(([name, bit]) => [name, Number(bit)] as const);
  const documented = [...kinds, ...[...absent].map((name) => [name, Flag[name as keyof typeof Flag]])];
  assert.deepEqual(new Map(documented as [string, number][]), new Map(Object.entries(Flag)));
});

test('the settings of BUS.md have the defaults that it says', () => {
  const options = Object.values(BUS_OPTIONS);
  for (const [name, value] of document.table('Settings of the feed host')) {
    const found = options.find(({ env }) => env === name);
    assert.ok(found !== undefined, name);
    const seconds = /^([\d.]+) s$/.exec(value!);
    assert.equal(String(found.default), seconds === null ? value : String(Number(seconds[1]) * 1000), name);
  }
});

test('every event of BUS.md is read, and written, as it stands there', () => {
  const events = document.blocks.filter(({ kind }) => kind === 'event');
  assert.equal(events.length, document.table('Events').length);
  for (const { argument, messages, line } of events) {
    const event = parseEvent(argument, Buffer.from(messages[0]!));
    assert.ok(event !== null, `BUS.md:${line}`);
    const [topic, payload] = encodeEvent(event);
    assert.deepEqual([topic, JSON.parse(payload)], [argument, JSON.parse(messages[0]!)], `BUS.md:${line}`);
  }
});

/** Keys whose values come from the engine's start, the market or the clocks. */
const VARYING = new Set(['host', 'at', 'version', 'since', 'reason', 'revision', 'askedAt', 'page']);

/** A JSON text's value with the type in place of each value that varies. */
function pattern(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => (VARYING.has(key) ? typeof value : value));
}

/** The payloads of what the bus sends on topics of events. */
class EventReader {
  readonly payloads = new Map<string, string>();
  readonly #socket = new Subscriber({ linger: 0 });

  constructor(t: TestContext, endpoint: string, ...topics: readonly string[]) {
    t.after(() => this.#socket.close());
    this.#socket.connect(endpoint);
    this.#socket.subscribe(...topics);
    void this.#receive();
  }

  /** Compares the latest event of each topic with that of the document. */
  async expect(topic: string, text: string): Promise<void> {
    const expected = pattern(text);
    const seen = () => pattern(this.payloads.get(topic) ?? '{}');
    await until(topic, () => isDeepStrictEqual(seen(), expected)).catch(() => {});
    assert.deepEqual(seen(), expected, `BUS.md: ${topic}`);
  }

  async #receive(): Promise<void> {
    for await (const [topic, payload] of this.#socket)
      this.payloads.set(topic!.toString(), payload!.toString());
  }
}

const eventText = (topic: string) => document.blocks.find(({ argument }) => argument === topic)!.messages[0]!;

test('every event of BUS.md is what a feed host sends', async (t) => {
  const fixture = await startEngineFixture(t, {
    flags: ['--openalgo-bus=on', '--zmq-port=0', alwaysOpen(t)],
  });
  const publisher = await OpenAlgoPublisher.connect(t, fixture.started.openalgoBusEndpoint!);
  const [topic] = document.table('Topics')[0]!;
  const reader = new EventReader(t, fixture.busEndpoint, topic!, '@');
  for (const name of ['@heartbeat/', '@status/angel/', '@account/demo/']) {
    await reader.expect(name, eventText(name));
  }
  const order = eventText('@orders/demo/');
  publisher.send('ANGEL_demo_orders', order);
  await until('the order', () => reader.payloads.get('@orders/demo/') === order);
});

test('the refusal of BUS.md is what a feed host sends when the broker refuses', async (t) => {
  const upstream = await UpstreamServer.listen(t);
  upstream.refuse('2885');
  const fixture = await startEngineFixture(t, { upstreamUrl: upstream.url });
  const topic = '@refused/angel/';
  const reader = new EventReader(t, fixture.busEndpoint, topic);
  await until('the subscription', () => fixture.engine.readers[0]!.counters.subscriptions === 1);
  const [whole] = document.table('Topics')[0]!;
  const wish = new EventReader(t, fixture.busEndpoint, whole!);
  await reader.expect(topic, eventText(topic));
  assert.equal(wish.payloads.size, 0);
});

test('every control request of BUS.md is answered as it says', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  // Somebody has the instrument already, so that it has a last value and a status.
  const client = await fixture.client();
  await client.subscribe('NSE', 'RELIANCE', 2);
  await until('the first tick', () => client.ticks().length > 0);
  const dealer = new Dealer({ linger: 0, immediate: true, sendTimeout: 5000, receiveTimeout: 5000 });
  t.after(() => dealer.close());
  dealer.connect(controlEndpointOf(fixture.busEndpoint));
  const answers = new Map(document.messages('answer').map((text) => [JSON.parse(text).id as number, text]));
  const requests = document.messages('request');
  assert.equal(requests.length, answers.size);
  for (const request of requests) {
    await dealer.send(request.replace('YOUR_API_KEY', fixture.key));
    const [frame] = await dealer.receive();
    const { id } = JSON.parse(request) as { readonly id: number };
    assert.deepEqual(pattern(frame!.toString()), pattern(answers.get(id)!), `BUS.md: answer ${id}`);
  }
});

test('the limits and error codes of control requests are those of BUS.md', () => {
  const code: Record<ControlErrorCode, true> = {
    CONTROL_PROTOCOL: true,
    CONTROL_INVALID: true,
    CONTROL_BUSY: true,
  };
  assert.deepEqual(
    document.table('Control requests', 1).map(([name]) => name),
    Object.keys(code),
  );
  const resolve = document.table('Control requests').find(([name]) => name === 'resolve');
  assert.match(String(resolve), new RegExp(`At most ${MAX_RESOLVE_WISHES} wishes`));
  const [, , busy] = document.table('Control requests', 1);
  assert.ok(busy![1]!.includes(`of this asker (${MAX_OF_PEER})`));
  const limits = document
    .table('What is dropped, and how it is seen')
    .map(([where, limit]) => [where, limit]);
  const requests = new Map(limits as [string, string][]).get('feed host, one request');
  assert.equal(requests, `${MAX_REQUEST_BYTES / 1024} KiB`);
});
