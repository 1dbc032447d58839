/** A client whose instruments move, or who asks for other levels, misses nothing and gets nothing twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE } from '../../src/codec/tick.ts';
import { PLAIN_TERMS } from '../../src/workers/proxy/slow/delivery-terms.ts';
import type { SlowLimits } from '../../src/workers/proxy/slow/slow-ladder.ts';
import { itemOf } from '../../src/workers/proxy/subscriptions/subscription-item.ts';
import { parseWish } from '../../src/workers/proxy/subscriptions/subscription-wish.ts';
import { INSTRUMENTS, SlowScene } from '../support/slow-scene.ts';

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
  const context = { wish: parsed.wish, broker: 'angel', levels: [5, 20] };
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
