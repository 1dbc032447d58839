/** The bus as proxies on other hosts rely on it: events, repeated last values, wishes that linger, one slot per topic. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { DEMO_USER } from '../../src/main/database/demo-seed.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { BusEvent } from '../../src/workers/bus/bus-event.ts';
import { BusClient } from '../support/bus-client.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { ControlClient } from '../support/control-client.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { addKiteAccount, KITE_CREDENTIALS, KITE_EXCHANGE } from '../support/kite-account.ts';
import { OpenAlgoPublisher } from '../support/openalgo-publisher.ts';
import { addSecondAccount, SECOND_KEY, SECOND_USER } from '../support/second-account.ts';
import { until } from '../support/until.ts';
import { UpstreamServer } from '../support/upstream-server.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const RELIANCE = { exchange: 'NSE', symbol: 'RELIANCE', mode: MODE.QUOTE } as const;

function topicOf(symbol: string, mode: Mode = MODE.QUOTE): string {
  return formatTopic({ broker: 'angel', exchange: 'NSE', symbol }, mode);
}

function eventsOf<Type extends BusEvent['type']>(
  bus: BusClient,
  type: Type,
): Extract<BusEvent, { readonly type: Type }>[] {
  return bus.events.filter((event) => event.type === type) as Extract<BusEvent, { readonly type: Type }>[];
}

function counters({ engine }: EngineFixture): Readonly<Record<string, number>> {
  return engine.readers[0]!.counters;
}

/** The second user has a slot of its own for RELIANCE, which ticks, since a client of the engine itself holds it. */
async function twoUsers(t: TestContext, flags: readonly string[] = []): Promise<EngineFixture> {
  const fixture = await startEngineFixture(t, {
    prepare: addSecondAccount,
    flags: ['--database-poll=0.05', alwaysOpen(t), ...flags],
  });
  const client = await fixture.client();
  await client.subscribe('NSE', 'RELIANCE', 2);
  await untilUpstream(fixture.exchange, ['1:2885:2']);
  return fixture;
}

test('a subscriber of the heartbeat hears at once, and then in its time, that the same host lives', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--bus-heartbeat=0.1'] });
  await until('the first counters', () => counters(fixture).events !== undefined);
  assert.equal(counters(fixture).events, 0, 'nothing is sent that nobody wants');
  const bus = new BusClient(t, fixture.busEndpoint, '@heartbeat/');
  await until('heartbeats', () => bus.events.length >= 5);
  const beats = eventsOf(bus, 'heartbeat');
  assert.equal(new Set(beats.map(({ host }) => host)).size, 1);
  const times = beats.map(({ at }) => at);
  // The answer to the subscription may come just before the next one is due.
  assert.ok(times.at(-1)! - times[1]! >= 50 * (times.length - 2), `${times}`);
});

test('a host that was started again has another name', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--bus-heartbeat=0.1'] });
  const bus = new BusClient(t, fixture.busEndpoint, '@heartbeat/');
  const [before] = await until('a heartbeat', () =>
    bus.events.length > 0 ? eventsOf(bus, 'heartbeat') : null,
  );
  await fixture.restart();
  await until('another host', () => eventsOf(bus, 'heartbeat').at(-1)!.host !== before!.host);
});

test('how the feed stands is told by names, at each change and to whoever subscribes later, by rising revisions', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t), '--reconnect-max-ms=200'] });
  const topics = [topicOf('RELIANCE'), topicOf('INFY')];
  const bus = new BusClient(t, fixture.busEndpoint, '@status/angel/', ...topics);
  const namesOf = (status: string, client = bus) =>
    eventsOf(client, 'status')
      .filter((event) => event.status === status)
      .flatMap(({ instruments }) => instruments.map(({ symbol }) => symbol));
  await until('both live', () => ['RELIANCE', 'INFY'].every((symbol) => namesOf('live').includes(symbol)));
  const late = new BusClient(t, fixture.busEndpoint, '@status/');
  await until('what holds', () => namesOf('live', late).length === 2);
  assert.deepEqual(namesOf('live', late).sort(), ['INFY', 'RELIANCE']);
  fixture.exchange.refuseNext({ status: 503 });
  fixture.exchange.dropAll();
  await until('both recovering', () => namesOf('recovering', late).length === 2);
  await until('both live again', () => namesOf('live', late).length === 4);
  const revisions = eventsOf(late, 'status').map(({ revision }) => revision);
  assert.deepEqual(
    revisions,
    revisions.toSorted((a, b) => a - b),
  );
  const [event] = eventsOf(late, 'status').slice(-1);
  assert.equal(event!.broker, 'angel');
  const { length } = late.events;
  const third = new BusClient(t, fixture.busEndpoint, '@status/zerodha/', '@status/angel/');
  await until('what holds', () => third.events.length > 0);
  assert.deepEqual(
    eventsOf(third, 'status').map(({ revision }) => revision),
    late.events.slice(length).map((each) => each.type === 'status' && each.revision),
    'the same statement, said again',
  );
});

test('the state of an account is told when it changes, and to whoever subscribes to its user', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--database-poll=0.05'] });
  const control = new ControlClient(t, fixture.busEndpoint);
  const { account } = await control.verifyKey(fixture.key);
  const bus = new BusClient(t, fixture.busEndpoint, `@account/${DEMO_USER}/`);
  const states = () =>
    eventsOf(bus, 'account').map(({ hasSession, isConnected }) => [hasSession, isConnected]);
  await until('a connected account', () => String(states().at(-1)) === 'true,true');
  fixture.writeDatabase((db) => db.exec('UPDATE auth SET is_revoked = 1'));
  await until('an account without a session', () => String(states().at(-1)) === 'false,false');
  const { revision, name, broker } = eventsOf(bus, 'account').at(-1)!;
  assert.deepEqual([name, broker], [DEMO_USER, 'angel']);
  assert.ok(revision > account!.revision);
  const late = new BusClient(t, fixture.busEndpoint, '@account/');
  const [answer] = await until('the answer', () =>
    late.events.length > 0 ? eventsOf(late, 'account') : null,
  );
  assert.equal(answer!.hasSession, false);
  // Another statement of the same may have followed the one above: whoever comes late is told the latest.
  await until('the same statement', () => eventsOf(bus, 'account').at(-1)!.revision >= answer!.revision);
  assert.ok(eventsOf(bus, 'account').some((each) => each.revision === answer!.revision && !each.hasSession));
  assert.ok(answer!.revision >= revision);
});

test('a proxy that comes back within the linger finds its instruments subscribed as they were; one that stays away ends them', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--bus-linger=1.5'] });
  const { exchange } = fixture;
  const topics = [topicOf('RELIANCE'), topicOf('INFY', MODE.DEPTH)];
  const upstream = ['1:2885:2', '1:1594:3'];
  let bus = new BusClient(t, fixture.busEndpoint, ...topics);
  await untilUpstream(exchange, upstream);
  await until('the answers', () => topics.every((topic) => bus.ticks(topic).length > 0));
  const { requests } = exchange.counters;
  for (let visit = 0; visit < 3; visit++) {
    bus.close();
    await until('a bus without subscribers', () => counters(fixture).subscriptions === 0);
    bus = new BusClient(t, fixture.busEndpoint, ...topics);
    await until('the last values', () => topics.every((topic) => bus.ticks(topic).length > 0));
  }
  assert.equal(exchange.counters.requests, requests, 'the exchange has heard nothing of it');
  bus.close();
  const left = performance.now();
  await untilUpstream(exchange, []);
  const passedMs = performance.now() - left;
  assert.ok(passedMs > 1400, `ended after ${passedMs} ms`);
});

test('the last tick of an instrument that then falls silent is sent again within the cycle, to whoever lost it', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--bus-republish=0.4'] });
  const topic = topicOf('RELIANCE');
  const bus = new BusClient(t, fixture.busEndpoint, topic);
  await until('ticks', () => fixture.exchange.step() ?? bus.ticks().length > 5);
  await until('two repetitions of the last tick', () => {
    const ticks = bus.ticks();
    const last = ticks.findLast(({ isSnapshot }) => !isSnapshot)!;
    const repetitions = ticks.slice(-2);
    return repetitions.every(
      ({ isSnapshot, seq, epoch }) => isSnapshot && seq === last.seq && epoch === last.epoch,
    );
  });
  const from = bus.ticks().length;
  fixture.exchange.step(3);
  await until('news', () =>
    bus
      .ticks()
      .slice(from)
      .some(({ isSnapshot }) => !isSnapshot),
  );
});

test('two users of one broker with the same symbol: each tick goes out once, and is held once upstream for the bus', async (t) => {
  const fixture = await twoUsers(t);
  const control = new ControlClient(t, fixture.busEndpoint);
  await control.verifyKey(SECOND_KEY);
  const { outcomes } = await control.resolve(SECOND_USER, [RELIANCE]);
  assert.equal(outcomes[0]?.status, 'ok');
  const bus = new BusClient(t, fixture.busEndpoint, topicOf('RELIANCE'));
  await untilUpstream(fixture.exchange, ['1:2885:2', '1:2885:2']);
  await until('ticks of the second user', () => fixture.exchange.step() ?? bus.ticks().length > 20);
  const seen = new Set<string>();
  for (const { epoch, seq, isSnapshot } of bus.ticks()) {
    if (isSnapshot) continue;
    assert.ok(!seen.has(`${epoch}/${seq}`), `${epoch}/${seq} came twice`);
    seen.add(`${epoch}/${seq}`);
  }
  const epochs = bus.ticks().map(({ epoch }) => epoch);
  assert.deepEqual(
    epochs,
    epochs.toSorted((a, b) => a - b),
  );
  // The slot that the bus has subscribed may get its first tick after the other one has had one.
  assert.ok(new Set(epochs).size <= 3, `${epochs}`);
  const { statuses } = await control.resolve(SECOND_USER, [RELIANCE]);
  assert.equal(statuses.length, 1);
  // The first user's key resolves to what flows already.
  const first = await control.resolve(DEMO_USER, [RELIANCE]);
  assert.equal(first.outcomes[0]?.status === 'ok' && first.outcomes[0].hasLast, true);
  bus.close();
  await untilUpstream(fixture.exchange, ['1:2885:2']);
});

test("when a user's session ends, another user of the broker serves the topic from then on, in a higher epoch", async (t) => {
  const fixture = await startEngineFixture(t, {
    prepare: addSecondAccount,
    flags: ['--database-poll=0.05', alwaysOpen(t)],
  });
  const control = new ControlClient(t, fixture.busEndpoint);
  await control.verifyKey(fixture.key);
  await control.verifyKey(SECOND_KEY);
  await control.resolve(DEMO_USER, [RELIANCE]);
  const bus = new BusClient(t, fixture.busEndpoint, topicOf('RELIANCE'), '@status/angel/');
  await until('ticks', () => fixture.exchange.step() ?? bus.ticks().length > 5);
  const { epoch } = bus.ticks().at(-1)!;
  fixture.writeDatabase((db) => db.prepare('UPDATE auth SET is_revoked = 1 WHERE name = ?').run(DEMO_USER));
  await until('ticks of the other user', () => {
    fixture.exchange.step();
    return bus.ticks().at(-1)!.epoch > epoch;
  });
  await untilUpstream(fixture.exchange, ['1:2885:2']);
  assert.equal(fixture.exchange.connections.length, 1);
  await until('a live status', () => eventsOf(bus, 'status').at(-1)?.status === 'live');
  await until('nothing that cannot be served', () => counters(fixture).refused === 0);
});

test('a user who goes to another broker leaves the topics of the old one: that is told, and they are served when another user is there', async (t) => {
  const kite = new SimulatedExchange(KITE_EXCHANGE);
  const { url } = await kite.listen();
  t.after(() => kite.close());
  const fixture = await startEngineFixture(t, {
    prepare: addKiteAccount,
    flags: [`--zerodha-ws-url=${url}`, '--database-poll=0.05', alwaysOpen(t)],
  });
  const bus = new BusClient(t, fixture.busEndpoint, topicOf('RELIANCE'), '@status/angel/');
  await until('ticks', () => fixture.exchange.step() ?? bus.ticks().length > 5);
  const { apiKey, authToken } = KITE_CREDENTIALS;
  fixture.writeDatabase((db, encrypt) => {
    const statement = db.prepare("UPDATE auth SET broker = 'zerodha', auth = ? WHERE name = ?");
    statement.run(encrypt(`${apiKey}:${authToken}`), DEMO_USER);
  });
  await until('the end of the session', () => eventsOf(bus, 'status').at(-1)?.status === 'session_expired');
  await until('a topic that nobody serves', () => counters(fixture).refused === 1);
  assert.equal(counters(fixture).held, 0);
  await untilUpstream(kite, []);
  assert.equal(fixture.engine.subscribedInstruments, 0, 'nothing is held at the new broker for it');
  const { length } = bus.ticks();
  fixture.writeDatabase(addSecondAccount);
  await until('ticks of another user', () => fixture.exchange.step() ?? bus.ticks().length > length);
  await until('a live status', () => eventsOf(bus, 'status').at(-1)?.status === 'live');
  bus.close();
  await until('nothing held', () => fixture.engine.subscribedInstruments === 0);
  await until('no wish left', () => counters(fixture).held === 0);
});

test('an order update goes to the topic of its user, verbatim', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--openalgo-bus=on', '--zmq-port=0'] });
  const publisher = await OpenAlgoPublisher.connect(t, fixture.started.openalgoBusEndpoint!);
  const bus = new BusClient(t, fixture.busEndpoint, `@orders/${DEMO_USER}/`, '@heartbeat/');
  await until('the subscription', () => bus.events.length > 0);
  const textOf = (user: string) => `{"type": "order_update",  "user_id": "${user}", "price": 2500.50}`;
  publisher.send('ANGEL_other_orders', textOf('other'));
  publisher.send('ANGEL_demo_orders', textOf(DEMO_USER));
  await until('the order', () => eventsOf(bus, 'orders').length > 0);
  assert.deepEqual(eventsOf(bus, 'orders'), [{ type: 'orders', userId: DEMO_USER, text: textOf(DEMO_USER) }]);
});

test('ticks of a foreign publisher are read on the bus where the broker has none, and give way to the first of the broker', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--openalgo-bus=on', '--zmq-port=0'] });
  const publisher = await OpenAlgoPublisher.connect(t, fixture.started.openalgoBusEndpoint!);
  fixture.exchange.stall(true);
  const control = new ControlClient(t, fixture.busEndpoint);
  await control.verifyKey(fixture.key);
  await control.resolve(DEMO_USER, [RELIANCE]);
  const bus = new BusClient(t, fixture.busEndpoint, topicOf('RELIANCE'));
  await untilUpstream(fixture.exchange, ['1:2885:2']);
  await until('the foreign tick', () => {
    publisher.send('NSE_RELIANCE_QUOTE', { ltp: 1.25, ltt: Date.now(), volume: 1 });
    return bus.ticks().length > 0;
  });
  const foreign = bus.ticks().at(-1)!;
  fixture.exchange.stall(false);
  await until("the broker's ticks", () => {
    fixture.exchange.step();
    return bus.ticks().at(-1)!.epoch > foreign.epoch;
  });
  publisher.send('NSE_RELIANCE_QUOTE', { ltp: 1.25, ltt: Date.now(), volume: 1 });
  const from = bus.ticks().length;
  await until('more ticks', () => fixture.exchange.step() ?? bus.ticks().length > from + 20);
  const epochs = bus
    .ticks()
    .slice(from)
    .map(({ epoch }) => epoch);
  assert.equal(new Set(epochs).size, 1, `${epochs}`);
});

test('what the broker refuses is told by names, with its words', async (t) => {
  const upstream = await UpstreamServer.listen(t);
  upstream.refuse('2885');
  const fixture = await startEngineFixture(t, { upstreamUrl: upstream.url });
  const bus = new BusClient(t, fixture.busEndpoint, '@refused/', topicOf('INFY'), topicOf('RELIANCE'));
  await until('the refusal', () => bus.events.length > 0);
  assert.deepEqual(bus.events, [
    {
      type: 'refused',
      broker: 'angel',
      mode: MODE.QUOTE,
      code: 'E1001',
      message: 'Invalid Request',
      isLimit: false,
      instruments: [{ exchange: 'NSE', symbol: 'RELIANCE' }],
    },
  ]);
});

test('a symbol that gets another token goes on under its topics, in a higher epoch, without another word from the subscriber', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--database-poll=0.05'] });
  const { exchange } = fixture;
  const topics = [topicOf('INFY'), topicOf('INFY', MODE.LTP)];
  const bus = new BusClient(t, fixture.busEndpoint, ...topics);
  await untilUpstream(exchange, ['1:1594:2']);
  await until('ticks', () => exchange.step() ?? topics.every((topic) => bus.ticks(topic).length > 2));
  const { epoch } = bus.ticks(topics[0]).at(-1)!;
  fixture.writeDatabase((db) => {
    db.exec("UPDATE symtoken SET token = '3045' WHERE symbol = 'INFY' AND exchange = 'NSE'");
    db.exec(
      "UPDATE master_contract_status SET last_updated = datetime('now', '+1 second') WHERE broker = 'angel'",
    );
  });
  await untilUpstream(exchange, ['1:3045:2']);
  await until('ticks of the other token under both topics', () => {
    exchange.step();
    return topics.every((topic) => {
      const last = bus.ticks(topic).at(-1)!;
      return last.tick.token() === '3045' && last.epoch > epoch && last.topic === topic;
    });
  });
});
