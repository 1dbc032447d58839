import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { HostileClient } from '../support/hostile-client.ts';
import { HostileMessage, hostileMessage } from '../support/hostile-request.ts';
import { until } from '../support/until.ts';

/** The ends that a client may bring upon itself with messages alone. */
const ENDS: readonly number[] = [0, 1009, 4008, 4403, 4409, 4422, 4429];
const PATHS = [
  ...['/', '/?framing=msgpack', '/?dialect=design', '/?features=sequence,stamps', '/?framing=xml'],
  ...['/?dialect=design&framing=msgpack&features=snapshot,status', '/?client=amibroker'],
];

test('whatever clients send, the proxy lives, answers, and no other client misses a tick', async (t) => {
  const { client, key, wsUrl, exchange, engine, fatal } = await startEngineFixture(t);
  const steady = await client({ features: ['sequence'] });
  await steady.subscribe('NSE', 'RELIANCE', 3);
  exchange.stepEach();
  await until('a tick', () => steady.ticks().length > 0);
  const restarts = () => engine.readers.reduce((sum, reader) => sum + reader.restarts, 0);
  let runs = 0;
  let answers = 0;

  const conversation = fc.record({
    path: fc.constantFrom(...PATHS),
    hasKey: fc.boolean(),
    messages: fc.array(hostileMessage(key), { minLength: 1, maxLength: 12 }),
  });
  await fuzz(
    fc.asyncProperty(conversation, async ({ path, hasKey, messages }) => {
      runs++;
      const hostile = await HostileClient.connect(wsUrl, path);
      try {
        const authenticate = JSON.stringify({ action: 'authenticate', api_key: key });
        if (hasKey) hostile.send(new HostileMessage(Buffer.from(authenticate), false));
        for (const message of messages) hostile.send(message);
        // While its subscriptions are held.
        exchange.stepEach();
        await hostile.settle(`round ${runs}`);
        assert.ok(ENDS.includes(hostile.closeCode), `it was closed with ${hostile.closeCode}`);
        answers += hostile.answers;
      } finally {
        await hostile.close();
      }
      assert.equal(restarts(), 0, 'a worker was started anew');
      assert.deepEqual(fatal, []);
    }),
  );

  t.diagnostic(`${runs} conversations, ${answers} answers`);
  assert.ok(runs > 0, 'no conversations');
  exchange.stepEach();
  await until('all ticks', () => steady.ticks().length >= runs + 2);
  const seqs = steady.ticks().map(({ seq }) => Number(seq));
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => seqs[0]! + i),
  );
  assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
  // Nothing is left of those that are gone.
  await until('the end of their subscriptions', () => engine.subscribedInstruments === 1);
});
