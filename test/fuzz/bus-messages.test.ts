import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTickEncoder, FEATURE } from '../../src/codec/framing.ts';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import { modeOf, WORD } from '../../src/codec/tick-message.ts';
import { escapePart, formatTopic, parseTopic, unescapePart } from '../../src/codec/topic.ts';
import { encodeEvent } from '../../src/workers/bus/bus-event.ts';
import { FeedGroupScene, nameOf, tickFrame } from '../support/feed-group-scene.ts';
import { fuzz } from '../support/fuzz-budget.ts';

const SYMBOLS = ['TCS', 'INFY', '__proto__'];
const MODES: readonly Mode[] = Object.values(MODE);
const symbol = fc.constantFrom(...SYMBOLS);
const mode = fc.constantFrom(...MODES);
const wild = fc.anything({ withBigInt: false });

const goodTick = fc
  .record({
    symbol,
    mode,
    epoch: fc.nat({ max: 3 }),
    seq: fc.nat({ max: 50 }),
    time: fc.nat(),
    flags: fc.nat({ max: 255 }),
  })
  .map(({ symbol, mode, ...tick }) => ({
    topic: Buffer.from(formatTopic(nameOf(symbol), mode)),
    frame: Buffer.from(tickFrame(symbol, { ...tick, mode })),
  }));
const changes = fc.array(
  fc.record({
    at: fc.nat({ max: 1400 }),
    value: fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat({ max: 255 })),
  }),
  { maxLength: 6 },
);
/** Ticks some of whose bytes were changed, cut, or of another topic. */
const ticks = fc
  .tuple(goodTick, goodTick, changes, fc.nat({ max: 1500 }), fc.integer({ min: 0, max: 9 }))
  .map(([{ topic, frame }, other, each, length, choice]): Buffer[] => {
    for (const { at, value } of each) if (at < frame.length) frame[at] = value;
    if (choice === 0) return [other.topic, frame];
    if (choice === 1) return [topic, frame.subarray(0, length)];
    if (choice === 2) return [topic, frame, Buffer.alloc(length), other.frame];
    if (choice === 3) return [topic];
    return [topic, frame];
  });

const instruments = fc.oneof(
  fc.array(fc.tuple(fc.constantFrom('NSE', '', '__proto__'), symbol), { maxLength: 4 }),
  wild,
);
const fields = fc.record(
  {
    revision: fc.oneof(fc.nat({ max: 9 }), wild),
    status: fc.oneof(fc.constantFrom('live', 'stale', 'mute', 'recovering', '__proto__', 'toString'), wild),
    since: fc.oneof(fc.nat(), wild),
    reason: fc.oneof(fc.string(), wild),
    broker: fc.oneof(fc.constantFrom('angel', '', '__proto__'), wild),
    name: fc.oneof(fc.constantFrom('demo', '__proto__', 'x'.repeat(300)), wild),
    hasSession: fc.oneof(fc.boolean(), wild),
    isConnected: fc.oneof(fc.boolean(), wild),
    host: fc.oneof(fc.constantFrom('first', 'second'), wild),
    at: fc.oneof(fc.nat(), wild),
    mode: fc.oneof(mode, wild),
    code: fc.oneof(fc.string(), wild),
    message: fc.oneof(fc.string(), wild),
    isLimit: fc.oneof(fc.boolean(), wild),
    instruments,
  },
  { requiredKeys: ['revision', 'broker', 'instruments'] },
);
const eventTopic = fc.oneof(
  fc.constantFrom('@heartbeat/', '@status/angel/', '@account/demo/', '@orders/demo/', '@refused/angel/'),
  fc.constantFrom('@', '@@', '@status/', '@status//', '@x/y/', '@account/__proto__/', '@orders/%2F%25/'),
);
const events = fc
  .tuple(eventTopic, fc.oneof(fields, wild), fc.boolean())
  .map(([topic, value, isDouble]): Buffer[] => {
    let text = '';
    try {
      text = JSON.stringify(value) ?? '';
    } catch {
      // What has no JSON is sent as nothing.
    }
    const frames = [topic, text].map((each) => Buffer.from(each));
    return isDouble ? [...frames, Buffer.from('more')] : frames;
  });
const anyFrames = fc
  .array(fc.uint8Array({ maxLength: 1500 }), { minLength: 1, maxLength: 4 })
  .map((frames) => frames.map((each) => Buffer.from(each)));
const message = fc.oneof(
  { weight: 5, arbitrary: ticks },
  { weight: 4, arbitrary: events },
  { weight: 1, arbitrary: anyFrames },
);

test('whatever feed hosts send, a proxy lives, hands on only what can be shown, and takes the next good tick', async (t) => {
  let handedOn = 0;
  let runs = 0;
  const conversation = fc.array(fc.tuple(fc.nat({ max: 1 }), message), { minLength: 1, maxLength: 20 });
  await fuzz(
    fc.property(conversation, (messages) => {
      runs++;
      const scene = new FeedGroupScene(2);
      const held = SYMBOLS.flatMap((each) => MODES.map((mode) => scene.hold(each, mode)));
      for (const [host, frames] of messages) scene.links[host]!.queue.push(frames);
      scene.source.drain((words, doubles) => {
        handedOn++;
        const mode = modeOf(words);
        const { instrument } = held.find((each) => each.instrument.slot === words[WORD.SLOT])!;
        for (const framing of ['json', 'msgpack'] as const) {
          const features = FEATURE.SEQUENCE | FEATURE.STAMPS | FEATURE.SNAPSHOT | FEATURE.STATUS;
          const encoder = createTickEncoder(framing, instrument, mode, features, { depthLevel: 20 });
          const bytes = encoder.encode(words, doubles, new Int32Array(2));
          if (framing === 'json') JSON.parse(Buffer.from(bytes).toString());
        }
      }, 512);
      for (const { instrument } of held) scene.last(instrument.slot);
      // Both hosts are heard of as before, and what they send of an instrument that nobody spoke of yet is shown.
      const fresh = scene.hold('FRESH');
      scene.setState(0, 'up');
      scene.links[fresh.followed]!.sendTicks('FRESH', MODE.QUOTE, { epoch: 1, seq: 1, time: 1 });
      assert.equal(scene.drain().filter(({ slot }) => slot === fresh.instrument.slot).length, 1);
    }),
    0.8,
  );
  t.diagnostic(`${runs} conversations, ${handedOn} ticks handed on`);
  assert.ok(runs > 0, 'no conversations');
});

test('a topic names what was written into it, and any other text names nothing or the same again', async () => {
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('%', '%2F', '%25', '/', '', '%252F'));
  await fuzz(
    fc.property(part, part, part, mode, fc.string(), (broker, exchange, symbol, mode, text) => {
      assert.equal(unescapePart(escapePart(symbol)), symbol);
      const parsed = parseTopic(formatTopic({ broker, exchange, symbol }, mode));
      const isWhole = broker !== '' && exchange !== '' && symbol !== '';
      assert.deepEqual(parsed, isWhole ? { broker, exchange, symbol, mode } : null);
      const other = parseTopic(text);
      if (other !== null) assert.deepEqual(parseTopic(formatTopic(other, other.mode)), other);
      // Such a topic is sent and read back.
      const [topic] = encodeEvent({ type: 'orders', userId: symbol, text: '{}' });
      assert.ok(topic.startsWith('@orders/') && topic.endsWith('/'));
    }),
    0.2,
  );
});
