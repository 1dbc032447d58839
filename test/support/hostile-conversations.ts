/** What any number of hostile clients must not do to an engine, and to a client that only wants its ticks. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { startEngineFixture } from './engine-fixture.ts';
import { fuzz } from './fuzz-budget.ts';
import { HostileClient } from './hostile-client.ts';
import { HostileMessage, hostileMessage } from './hostile-request.ts';
import type { TestClient } from './test-client.ts';
import { until } from './until.ts';

/** The ends that a client may bring upon itself with messages alone. */
const ENDS: readonly number[] = [0, 1009, 4008, 4403, 4409, 4422, 4429];
const PATHS = [
  ...['/', '/?framing=msgpack', '/?dialect=design', '/?features=sequence,stamps', '/?framing=xml'],
  ...['/?dialect=design&framing=msgpack&features=snapshot,status', '/?client=amibroker'],
];
const SESSION_FEATURES = ['session', 'snapshot', 'status'];
/** What clients leave stays subscribed for ten seconds, should they come back. */
const LINGER_MS = 20_000;

/** What a client held that lost its connection waits under this id. */
async function leaveSession(client: TestClient): Promise<string> {
  for (const [symbol, mode] of [
    ['INFY', 1],
    ['TCS', 2],
    ['TCS', 4],
  ] as const) {
    await client.subscribe('NSE', symbol, mode);
  }
  const { message } = await client.next('the session', (received) => 'session' in received.message);
  client.terminate();
  return String(message.session);
}

/** Holds conversations with an engine for as long as there is time. */
export async function surviveHostileClients(t: TestContext): Promise<void> {
  const { client, key, wsUrl, exchange, engine, fatal } = await startEngineFixture(t);
  const steady = await client({ features: ['sequence'] });
  await steady.subscribe('NSE', 'RELIANCE', 3);
  exchange.stepEach();
  await until('a tick', () => steady.ticks().length > 0);
  const sessions: string[] = [];
  for (let i = 0; i < 3; i++) sessions.push(await leaveSession(await client({ features: SESSION_FEATURES })));
  const restarts = () => engine.readers.reduce((sum, reader) => sum + reader.restarts, 0);
  const before = steady.ticks().length;
  let runs = 0;
  let answers = 0;
  let resumed = 0;

  const conversation = fc.record({
    path: fc.constantFrom(...PATHS),
    opening: fc.constantFrom(
      null,
      {},
      ...sessions.map((session) => ({ features: SESSION_FEATURES, session })),
    ),
    messages: fc.array(hostileMessage(key, sessions), { minLength: 1, maxLength: 12 }),
  });
  await fuzz(
    fc.asyncProperty(conversation, async ({ path, opening, messages }) => {
      runs++;
      const hostile = await HostileClient.connect(wsUrl, path);
      try {
        const authenticate = JSON.stringify({ action: 'authenticate', api_key: key, ...opening });
        if (opening !== null) hostile.send(new HostileMessage(Buffer.from(authenticate), false));
        for (const message of messages) hostile.send(message);
        // While its subscriptions are held.
        exchange.stepEach();
        await hostile.settle(`round ${runs}`);
        assert.ok(ENDS.includes(hostile.closeCode), `it was closed with ${hostile.closeCode}`);
        answers += hostile.answers;
        resumed += hostile.resumed;
      } finally {
        await hostile.close();
      }
      assert.equal(restarts(), 0, 'a worker was started anew');
      assert.deepEqual(fatal, []);
    }),
  );

  t.diagnostic(`${runs} conversations, ${answers} answers, ${resumed} sessions resumed`);
  assert.ok(runs > 0, 'no conversations');
  exchange.stepEach();
  await until('all ticks', () => steady.ticks().length >= before + runs + 1);
  const seqs = steady.ticks().map(({ seq }) => Number(seq));
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => seqs[0]! + i),
  );
  assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
  // Nothing is left of those that are gone.
  await until('the end of their subscriptions', () => engine.subscribedInstruments === 1, LINGER_MS);
}
