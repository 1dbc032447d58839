/** How long the broker goes on sending what a client held that may come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { LingeringNeeds } from '../../src/workers/proxy/sessions/lingering-needs.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import type { SlotNeed } from '../../src/workers/worker-messages.ts';
import { RELIANCE } from '../support/sample-tick.ts';

const LTP = 1 << MODE.LTP;
const DEPTH = 1 << MODE.DEPTH;

test('what two clients held lingers until the time of the second is over, each mode by itself', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lingering = new LingeringNeeds(1000);
  const ended: SlotNeed[][] = [];
  const onEnd = (needs: readonly SlotNeed[]) => void ended.push([...needs]);
  lingering.keep([{ slot: 3, modes: LTP | DEPTH }], onEnd);
  t.mock.timers.tick(600);
  lingering.keep([{ slot: 3, modes: LTP }], onEnd);
  assert.equal(lingering.modes(3), LTP | DEPTH);
  t.mock.timers.tick(400);
  assert.equal(lingering.modes(3), LTP);
  t.mock.timers.tick(600);
  assert.equal(lingering.modes(3), 0);
  assert.deepEqual(ended, [[{ slot: 3, modes: LTP | DEPTH }], [{ slot: 3, modes: LTP }]]);
});

test('a slot whose instrument has moved away lingers for its former clients no more, and for later ones all their time', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lingering = new LingeringNeeds(1000);
  lingering.keep([{ slot: 3, modes: LTP }], () => {});
  t.mock.timers.tick(600);
  lingering.forget(new Set([3]));
  assert.equal(lingering.modes(3), 0);
  lingering.keep([{ slot: 3, modes: LTP }], () => {});
  t.mock.timers.tick(600);
  assert.equal(lingering.modes(3), LTP);
  t.mock.timers.tick(400);
  assert.equal(lingering.modes(3), 0);
});

test('what a client is to join has no end but its own', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lingering = new LingeringNeeds(1000);
  const need = { slot: 3, modes: LTP };
  lingering.hold(need);
  lingering.keep([need], () => {});
  lingering.forget(new Set([3]));
  t.mock.timers.tick(5000);
  assert.equal(lingering.modes(3), LTP);
  lingering.letGo(need);
  assert.equal(lingering.modes(3), 0);
});

test('clients that come and go without end hold no more than so much, the latest of it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lingering = new LingeringNeeds(1000);
  const ended: number[] = [];
  for (let client = 0; client < 4; client++) {
    const needs = Array.from({ length: 40_000 }, (_, i) => ({ slot: 40_000 * client + i, modes: LTP }));
    lingering.keep(needs, ([first]) => void ended.push(first!.slot));
  }
  assert.deepEqual(ended, [0, 40_000]);
  assert.deepEqual([lingering.modes(0), lingering.modes(159_999)], [0, LTP]);
});

test('the control plane is asked for what lingers and for what is subscribed', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const index = new SubscriptionIndex();
  const form = {
    view: MODE.LTP,
    framing: 'json',
    features: 0,
    dialect: 'openalgo',
    depthLevel: 5,
    servedLevel: 5,
  } as const;
  const stream = index.add(RELIANCE, form);
  index.lingering.keep([{ slot: RELIANCE.slot, modes: DEPTH }], () => {});
  assert.equal(index.need(RELIANCE.slot).modes, LTP | DEPTH);
  index.remove(stream);
  assert.equal(index.need(RELIANCE.slot).modes, DEPTH);
});
