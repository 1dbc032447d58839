/** The bus as programs on it see it: a subscription is a wish, it is answered, and its ticks are exact and in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { BusClient, type BusTick } from '../support/bus-client.ts';
import { type EngineFixture, FIXTURE_CREDENTIALS, startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';

function topicOf(symbol: string, mode: Mode): string {
  return formatTopic({ broker: 'angel', exchange: 'NSE', symbol }, mode);
}

const QUOTE_TOPIC = topicOf('RELIANCE', MODE.QUOTE);

function upstreamModes({ exchange }: EngineFixture): number[] {
  return (exchange.connections[0]?.subscriptions ?? []).map(({ mode }) => mode).sort();
}

async function untilUpstream(fixture: EngineFixture, modes: readonly number[]): Promise<void> {
  await until(`modes ${modes} upstream`, () => String(upstreamModes(fixture)) === String(modes));
}

/** The tick of the bus says what a JSON client read of the same tick. */
function assertEqualsJson({ tick }: BusTick, message: Record<string, unknown> | undefined): void {
  const data = message?.data as Record<string, unknown>;
  const header = tick.header()!;
  const quote = tick.quote()!;
  const price = (scaled: bigint) => Number(scaled) / 10 ** header.priceDecimals();
  assert.equal(price(header.ltp()), data.ltp);
  assert.equal(Number(header.exchangeTimeMs()), data.ltt);
  assert.deepEqual(
    [quote.open(), quote.high(), quote.low(), quote.close(), quote.averagePrice()].map(price),
    [data.open, data.high, data.low, data.close, data.average_price],
  );
  assert.equal(Number(quote.volume()), data.volume);
  assert.equal(Number(quote.lastQuantity()), data.last_quantity);
  assert.equal(quote.totalBuyQuantity(), data.total_buy_quantity);
  assert.equal(quote.totalSellQuantity(), data.total_sell_quantity);
}

test('a subscription of a whole topic reaches the exchange, and the bus carries what a client reads', async (t) => {
  const fixture = await startEngineFixture(t);
  const bus = new BusClient(t, fixture.busEndpoint, QUOTE_TOPIC);
  await untilUpstream(fixture, [2]);
  const json = await fixture.client({ features: ['sequence'] });
  await json.subscribe('NSE', 'RELIANCE', 2);
  fixture.exchange.step(50);
  await until('the ticks', () => bus.ticks().length >= 50 && json.ticks().length >= 50);
  for (const tick of bus.ticks().slice(-50)) {
    assertEqualsJson(
      tick,
      json.ticks().find(({ epoch, seq }) => epoch === tick.epoch && seq === tick.seq),
    );
  }
});

test('a second subscriber gets the last value at once, flagged as a snapshot', async (t) => {
  const fixture = await startEngineFixture(t);
  const first = new BusClient(t, fixture.busEndpoint, QUOTE_TOPIC);
  const { seq } = await until('the first tick', () => first.ticks().at(-1));
  const second = new BusClient(t, fixture.busEndpoint, QUOTE_TOPIC);
  const answer = await until('the last value', () => second.ticks()[0]);
  assert.equal(answer.isSnapshot, true);
  assert.equal(answer.seq, seq);
  assert.deepEqual(upstreamModes(fixture), [2], 'subscribed upstream once');
});

test('lower modes are derived from the depth that flows for somebody else', async (t) => {
  const fixture = await startEngineFixture(t);
  const depth = await fixture.client({ features: ['sequence'] });
  await depth.subscribe('NSE', 'RELIANCE', 3);
  const topics = [MODE.LTP, MODE.QUOTE, MODE.DEPTH].map((mode) => topicOf('RELIANCE', mode));
  const bus = topics.map((topic) => new BusClient(t, fixture.busEndpoint, topic));
  await until('the answers', () => bus.every((each) => each.ticks().length > 0));
  await untilUpstream(fixture, [3]);
  fixture.exchange.step(10);
  await until('the ticks', () => bus.every((each) => each.ticks().at(-1)!.seq === depth.ticks().at(-1)?.seq));
  bus.forEach((each, i) => {
    const last = each.ticks().at(-1)!;
    assert.equal(last.topic, topics[i]);
    assert.equal(last.mode, i + 1);
    if (i > 0) assertEqualsJson(last, depth.ticks().at(-1));
    assert.equal(last.tick.quote() === null, i === 0);
    assert.equal(last.tick.buyLength(), i === 2 ? 5 : 0);
  });
});

test('ticks of one topic that share a message come oldest first, and no tick is missing or twice', async (t) => {
  const fixture = await startEngineFixture(t);
  const bus = new BusClient(t, fixture.busEndpoint, QUOTE_TOPIC);
  await until('the first tick', () => bus.ticks().length > 0);
  const { seq } = bus.ticks().at(-1)!;
  const from = bus.messages.length;
  fixture.exchange.step(500);
  await until('the ticks', () => bus.ticks().at(-1)!.seq === seq + 500);
  const messages = bus.messages.slice(from);
  assert.ok(
    messages.some((ticks) => ticks.length > 1),
    'some shared a message',
  );
  assert.deepEqual(
    messages.flat().map((tick) => tick.seq),
    Array.from({ length: 500 }, (_, i) => seq + 1 + i),
  );
});

test('a prefix gets what flows for others, and wishes for nothing itself', async (t) => {
  const fixture = await startEngineFixture(t);
  const bus = new BusClient(t, fixture.busEndpoint, 'angel/NSE/');
  const client = await fixture.client();
  await client.subscribe('NSE', 'RELIANCE', 1);
  await client.subscribe('NSE', 'INFY', 2);
  await untilUpstream(fixture, [1, 2]);
  await until('ticks of both', () => {
    fixture.exchange.step(2);
    const topics = new Set(bus.ticks().map(({ topic }) => topic));
    return topics.has(topicOf('RELIANCE', MODE.LTP)) && topics.has(topicOf('INFY', MODE.QUOTE));
  });
  assert.deepEqual(upstreamModes(fixture), [1, 2]);
});

test('a bus that nobody listened to begins with the present for whoever comes, by prefix too, and loses nothing', async (t) => {
  const fixture = await startEngineFixture(t);
  const client = await fixture.client({ features: ['sequence'] });
  await client.subscribe('NSE', 'RELIANCE', 2);
  await until("the exchange's first image", () => client.ticks().length > 0);
  const subscriptions = () => fixture.engine.readers[0]!.counters.subscriptions;
  for (let visit = 0; visit < 3; visit++) {
    const before = client.ticks().length;
    fixture.exchange.step(200);
    await until('ticks of the client', () => client.ticks().length >= before + 200);
    const seq = Number(client.ticks().at(-1)!.seq);
    const bus = new BusClient(t, fixture.busEndpoint, 'angel/NSE/');
    await until('the last value', () => bus.ticks(QUOTE_TOPIC).length > 0);
    fixture.exchange.step(20);
    await until('the ticks', () => bus.ticks(QUOTE_TOPIC).at(-1)!.seq === seq + 20);
    const seqs = bus.ticks(QUOTE_TOPIC).map((tick) => tick.seq);
    assert.deepEqual(
      seqs,
      Array.from({ length: 21 }, (_, i) => seq + i),
    );
    assert.equal(bus.ticks(QUOTE_TOPIC)[0]!.isSnapshot, true);
    // Until the bus knows that nobody listens any more, it goes on sending, and the next one would get some of that.
    await until('a bus with a subscriber', () => subscriptions() === 1);
    bus.close();
    await until('a bus without subscribers', () => subscriptions() === 0);
  }
});

test('the exchange is unsubscribed when the last subscriber of a topic is gone, and not before', async (t) => {
  const fixture = await startEngineFixture(t);
  const depthTopic = topicOf('RELIANCE', MODE.DEPTH);
  const [first, second, third] = [QUOTE_TOPIC, QUOTE_TOPIC, depthTopic].map(
    (topic) => new BusClient(t, fixture.busEndpoint, topic),
  );
  await untilUpstream(fixture, [3]);
  await until('all subscribers', () => [first, second, third].every((each) => each!.ticks().length > 0));
  third!.unsubscribe(depthTopic);
  await untilUpstream(fixture, [2]);
  first!.close();
  const { length } = second!.ticks();
  await until('ticks for the other', () => fixture.exchange.step() ?? second!.ticks().length > length + 10);
  assert.deepEqual(upstreamModes(fixture), [2]);
  second!.close();
  await untilUpstream(fixture, []);
});

test('a topic of a broker that nobody is logged in at begins with the login, without another word from the subscriber', async (t) => {
  const fixture = await startEngineFixture(t, {
    flags: ['--database-poll=0.05'],
    prepare: (db) => db.exec("UPDATE auth SET is_revoked = 1, auth = '', broker = ''"),
  });
  const bus = new BusClient(t, fixture.busEndpoint, QUOTE_TOPIC);
  await until('the refusal', () => fixture.engine.readers[0]!.counters.refused === 1);
  fixture.writeDatabase((db, encrypt) => {
    db.prepare("UPDATE auth SET is_revoked = 0, auth = ?, feed_token = ?, broker = 'angel'").run(
      encrypt(FIXTURE_CREDENTIALS.authToken),
      encrypt(FIXTURE_CREDENTIALS.feedToken),
    );
  });
  await until('the first tick', () => bus.ticks()[0]);
  await untilUpstream(fixture, [2]);
});

test('topics that name nothing are harmless, and those beside them work', async (t) => {
  const fixture = await startEngineFixture(t);
  const nothing = [
    '',
    '/',
    'angel/NSE/NOBODY/QUOTE/',
    'nobody/NSE/RELIANCE/QUOTE/',
    'angel/NSE/RELIANCE/SMELL/',
    '\0\xff',
  ];
  const odd = new BusClient(t, fixture.busEndpoint, ...nothing);
  const bus = new BusClient(t, fixture.busEndpoint, QUOTE_TOPIC);
  await until('ticks', () => fixture.exchange.step() ?? (bus.ticks().length > 5 && odd.ticks().length > 5));
  odd.unsubscribe(...nothing);
  odd.close();
  const { length } = bus.ticks();
  await until('more ticks', () => fixture.exchange.step() ?? bus.ticks().length > length + 5);
  assert.deepEqual(upstreamModes(fixture), [2]);
  assert.deepEqual(
    fixture.engine.readers.map(({ restarts }) => restarts),
    [0, 0],
  );
});

test('at 5,000 ticks a second for 3 s no tick is lost or late, while subscribers come and go', async (t) => {
  const fixture = await startEngineFixture(t, { exchange: { ticksPerSecond: 5000 } });
  const topics = ['RELIANCE', 'INFY', 'TCS', 'SBIN', 'ITC'].map((symbol) => topicOf(symbol, MODE.QUOTE));
  const bus = new BusClient(t, fixture.busEndpoint, ...topics);
  let joined = 0;
  await until(
    '15,000 ticks',
    async () => {
      const other = new BusClient(t, fixture.busEndpoint, ...topics);
      await until('its ticks', () => topics.every((topic) => other.ticks(topic).length > 0));
      other.close();
      joined++;
      return bus.ticks().length > 15_000;
    },
    30_000,
  );
  assert.ok(joined > 10, `${joined} subscribers came and went`);
  for (const topic of topics) {
    const ticks = bus.ticks(topic);
    let last = ticks[0]!.seq;
    for (const { seq, isSnapshot } of ticks.slice(1)) {
      // The answer to a new subscription may be the next tick or one that was there already, never one from the future.
      assert.ok(seq <= last + 1, `${topic}: ${seq} after ${last}`);
      assert.ok(seq === last + 1 || seq === last || isSnapshot, `${topic}: ${seq} after ${last}`);
      last = Math.max(last, seq);
    }
  }
});
