/** A client whose instruments move, or who asks for other levels, misses nothing and gets nothing twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE } from '../../src/codec/tick.ts';
import { SessionKeeper } from '../../src/workers/proxy/connection/session-keeper.ts';
import { packImage, takeDown, unpackSession } from '../../src/workers/proxy/sessions/session-image.ts';
import { PLAIN_TERMS } from '../../src/workers/proxy/slow/delivery-terms.ts';
import { itemOf } from '../../src/workers/proxy/subscriptions/subscription-item.ts';
import { parseWish } from '../../src/workers/proxy/subscriptions/subscription-wish.ts';
import type { SlowLimits } from '../../src/workers/reload-messages.ts';
import { BUDGETS, KEEPER_LIMITS, NO_LADDER } from '../support/calm-keeper.ts';
import { INSTRUMENTS, type SceneClient, SlowScene } from '../support/slow-scene.ts';

const NEVER = { ltp: 0, quote: 0, depth: 0 };
const LIMITS: SlowLimits = {
  policy: 'conflate',
  conflateBytes: NEVER,
  conflateAgeMs: NEVER,
  timeoutMs: 5000,
};

function deepItem(levels: number, maxRate: number) {
  const { exchange, symbol } = INSTRUMENTS[0]!;
  const parsed = parseWish({ mode: 4, depth_level: levels, max_rate: maxRate }, 'design');
  assert.ok(parsed.ok);
  const context = { wish: parsed.wish, broker: 'angel', levels: [5, 20], hasCodes: false };
  return itemOf({ symbol, exchange, mode: 4 }, context);
}

for (const maxRate of [0, 1000]) {
  test(`an instrument that moves onto one that the client holds already comes once (rate ${maxRate})`, () => {
    const scene = new SlowScene(LIMITS, 5000);
    const client = scene.connect({}, true);
    const terms = { ...PLAIN_TERMS, maxRate };
    for (const slot of [0, 1]) scene.subscribe(client, slot, MODE.QUOTE, terms);
    scene.holdings.follow([{ from: 0, to: INSTRUMENTS[1]! }], [client.session]);
    scene.tick(1, 5);
    scene.readAll();
    assert.equal(client.socket.read.length, 1);
    scene.holdings.releaseAll(client.session);
    scene.tick(1, 5);
    scene.readAll();
    assert.equal(client.socket.read.length, 1, 'nothing behind the end of the subscription');
    assert.equal(scene.index.instruments, 0);
  });
}

for (const maxBackpressureBytes of [5000, 100_000]) {
  const hasRoom = maxBackpressureBytes > 5000;
  const fate = hasRoom ? 'gets it and goes along' : 'is cut off while the session still knows what waits';
  test(`a client for whom ticks wait when instruments move ${fate}`, () => {
    const keeper = new SessionKeeper(new Set(), KEEPER_LIMITS, BUDGETS, NO_LADDER);
    const scene = new SlowScene(LIMITS, 1000, undefined, (each) => keeper.cutOff(each));
    const client = scene.connect({ features: FEATURE.RECEIPTS });
    const { session, socket } = client;
    session.maxBackpressureBytes = maxBackpressureBytes;
    for (const slot of [0, 1]) scene.subscribe(client, slot, MODE.QUOTE, { slow: null, maxRate: 1000 });
    session.sendBytes(JSON.stringify('unread'.repeat(700)), false);
    for (const slot of [0, 1]) scene.tick(slot, 5);
    scene.endTurn();
    const backlogBytes = session.backlogBytes;
    const waiting = [...session.holdings.values()].flat().flatMap(({ streams }) => [...streams.values()]);
    const known = () => waiting.map((stream) => session.slow?.client.waitsFrom(stream)?.seq);
    const knownAtEnd: unknown[] = [];
    // The library tells of the end within the call.
    socket.end = () => {
      knownAtEnd.push(...known());
      session.open = false;
      scene.holdings.releaseAll(session);
    };
    const moves = [0, 1].map((from) => ({ from, to: { ...INSTRUMENTS[2]!, slot: 10 + from } }));
    scene.holdings.follow(moves, [session]);
    keeper.stop();
    assert.equal(session.ending?.counter, hasRoom ? undefined : 'slowConsumer');
    assert.deepEqual(knownAtEnd, hasRoom ? [] : [1, 1]);
    assert.equal(socket.getBufferedAmount() > backlogBytes, hasRoom);
    assert.equal(scene.index.instruments, hasRoom ? 2 : 0);
    scene.conflator.stop();
  });
}

test('of an instrument that moves onto one that has ticks those who come read that the count begins anew, and nobody else', () => {
  const scene = new SlowScene(LIMITS, 5000);
  const here = scene.connect({ features: FEATURE.SEQUENCE });
  const comes = scene.connect({ features: FEATURE.SEQUENCE });
  scene.subscribe(comes, 0, MODE.QUOTE, PLAIN_TERMS);
  scene.subscribe(here, 1, MODE.QUOTE, PLAIN_TERMS);
  for (let i = 0; i < 3; i++) scene.tick(0, 5);
  for (let i = 0; i < 7; i++) scene.tick(1, 5);
  scene.holdings.follow([{ from: 0, to: INSTRUMENTS[1]! }], [here.session, comes.session]);
  scene.tick(1, 5);
  scene.readAll();
  const read = ({ socket }: SceneClient) =>
    socket.read.slice(-2).map(({ message: { type, reason, last_seq, next_seq, seq } }) => {
      return type === 'gap' ? { reason, last_seq, next_seq } : { seq };
    });
  assert.deepEqual(read(comes), [{ reason: 'restart', last_seq: 3, next_seq: 8 }, { seq: 8 }]);
  assert.deepEqual(read(here), [{ seq: 7 }, { seq: 8 }]);
});

test('ticks and those of a deep book are each counted on from where they stood when their instrument moved', () => {
  const scene = new SlowScene(LIMITS, 5000);
  const client = scene.connect({ features: FEATURE.SEQUENCE });
  const { session } = client;
  scene.subscribe(client, 0, MODE.QUOTE, PLAIN_TERMS);
  const [instrument, there] = [INSTRUMENTS[0]!, INSTRUMENTS[1]!];
  scene.holdings.hold(session, { instrument, item: deepItem(20, 1) }, 0);
  for (let i = 0; i < 3; i++) scene.tick(0, 5);
  Object.assign(scene.index.get(0)!.deep, { epoch: 1, seq: 9 });
  scene.holdings.follow([{ from: 0, to: there }], [session]);
  const past = () => {
    const parting = { orders: false, isBroken: true };
    const { instruments } = unpackSession(
      packImage(takeDown(session, { strictDepths: new Set() }, scene.index, parting)),
    );
    const { base, deep } = instruments[0]!.own!;
    return [base.seq, deep.seq];
  };
  assert.deepEqual(past(), [3, 9]);
  scene.tick(1, 5);
  assert.deepEqual(past(), [1, 9]);
  scene.readAll();
  const gaps = client.socket.read.flatMap(({ message }) =>
    message.type === 'gap' ? [message.last_seq] : [],
  );
  assert.deepEqual(gaps, [3], 'of the deep book with its own first tick');
  scene.conflator.stop();
});

test('what waits of a depth of five levels is sent before twenty take its place', () => {
  const scene = new SlowScene(LIMITS, 5000);
  const client = scene.connect({ features: FEATURE.RECEIPTS });
  scene.holdings.hold(client.session, { instrument: INSTRUMENTS[0]!, item: deepItem(5, 1) }, 0);
  for (const move of [5, 5, 5, 5, 5]) {
    scene.tick(0, move);
    scene.endTurn();
  }
  scene.holdings.hold(client.session, { instrument: INSTRUMENTS[0]!, item: deepItem(20, 1) }, 0);
  scene.endTurn();
  scene.read(client, Number.POSITIVE_INFINITY);
  const types = client.socket.read.map(({ message }) => message.type);
  assert.deepEqual(types.slice(-2), ['receipt', 'market_data']);
  scene.holdings.releaseAll(client.session);
  scene.conflator.stop();
});
