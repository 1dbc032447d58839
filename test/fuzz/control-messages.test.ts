import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CONTROL_PROTOCOL,
  encodeAnswer,
  encodeRequest,
  parseAnswer,
  parseRequest,
} from '../../src/workers/bus/control-message.ts';
import { ControlClient } from '../support/control-client.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { until } from '../support/until.ts';

const wild = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(0, -1, 2 ** 53, 1e300, '', 'x'.repeat(2000), null, true),
);
const name = fc.oneof(fc.constantFrom('demo', 'angel', 'NSE', 'RELIANCE', '__proto__', 'toString'), wild);
const wishes = fc.oneof(
  fc.array(fc.oneof({ weight: 5, arbitrary: fc.tuple(name, name, fc.nat({ max: 5 })) }, wild), {
    maxLength: 20,
  }),
  fc.constant(Array(501).fill(['NSE', 'RELIANCE', 1])),
  wild,
);
const request = fc.record(
  {
    id: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 1000 }) }, wild),
    protocol: fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>(CONTROL_PROTOCOL) }, wild),
    type: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('hello', 'verifyKey', 'resolve') }, wild),
    key: fc.oneof(fc.string(), wild),
    account: name,
    wishes,
  },
  { requiredKeys: ['id', 'protocol', 'type'] },
);
const text = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(request, wild).map((each) => JSON.stringify(each)) },
  fc.tuple(request, fc.nat(), fc.string({ maxLength: 3 })).map(([each, at, insert]) => {
    const whole = JSON.stringify(each);
    const place = at % whole.length;
    return whole.slice(0, place) + insert + whole.slice(place + insert.length);
  }),
  fc.integer({ min: 1, max: 30_000 }).map((depth) => '['.repeat(depth)),
);
const frame = fc.oneof(
  { weight: 9, arbitrary: text.map((each) => Buffer.from(each)) },
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

const outcome = fc.oneof(
  fc.record({
    status: fc.constantFrom('ok', 'brokerError', 'refused', 'x'),
    userId: name,
    account: name,
    broker: name,
    code: name,
    message: name,
  }),
  wild,
);
const answer = fc.record(
  {
    id: fc.nat({ max: 9 }),
    type: fc.oneof(fc.constantFrom('hello', 'keyVerified', 'resolved', 'error'), wild),
    protocol: wild,
    host: name,
    version: name,
    heartbeatMs: fc.oneof(fc.nat(), wild),
    supportedBrokers: fc.oneof(fc.array(name), wild),
    capabilities: fc.oneof(fc.array(fc.record({ broker: name, exchange: name, depthLevels: wild })), wild),
    page: fc.oneof(fc.record({ demoKey: name, simulated: wild, replayed: wild, watch: wild }), wild),
    outcome,
    account: fc.oneof(
      fc.constant(null),
      fc.record({ revision: wild, name, broker: name, hasSession: wild, isConnected: wild }),
    ),
    askedAt: fc.oneof(fc.nat(), wild),
    outcomes: fc.oneof(
      fc.array(
        fc.record({
          status: fc.constantFrom('ok', 'error'),
          code: name,
          message: name,
          hasLast: fc.boolean(),
          instrument: wild,
        }),
      ),
      wild,
    ),
    statuses: fc.oneof(fc.constant([]), wild),
    code: name,
    message: name,
  },
  { requiredKeys: ['id', 'type'] },
);

test('what is read of a control message is written back as the same, and everything else is refused', async () => {
  await fuzz(
    fc.property(frame, answer, (bytes, fields) => {
      const asked = parseRequest(bytes);
      if (asked.type === 'error') assert.match(asked.code, /^CONTROL_(INVALID|PROTOCOL)$/);
      else assert.deepEqual(parseRequest(Buffer.from(encodeRequest(asked))), asked);
      const answered = parseAnswer(Buffer.from(JSON.stringify(fields)));
      if (answered !== null) assert.deepEqual(parseAnswer(Buffer.from(encodeAnswer(answered))), answered);
      parseAnswer(bytes);
    }),
    0.4,
  );
});

test('whatever proxies ask, a feed host lives, answers each of them, and has an ear for the next', async (t) => {
  const { busEndpoint, engine, fatal } = await startEngineFixture(t);
  const hostile = new ControlClient(t, busEndpoint);
  const steady = new ControlClient(t, busEndpoint);
  let sent = 0;
  await fuzz(
    fc.asyncProperty(
      fc.array(fc.array(frame, { minLength: 1, maxLength: 3 }), { maxLength: 20 }),
      async (messages) => {
        for (const frames of messages) await hostile.sendRaw(...frames);
        sent += messages.length;
        // Every question has its answer: nothing is remembered for ever.
        await until('the answers', () => hostile.answers.length === sent);
        assert.equal((await steady.hello()).type, 'hello');
      },
    ),
    0.6,
  );
  // What hangs when the time is over is not the property's failure.
  assert.equal((await steady.hello()).type, 'hello');
  t.diagnostic(`${sent} requests`);
  assert.deepEqual(fatal, []);
  assert.ok(engine.readers.every(({ restarts }) => restarts === 0));
});
