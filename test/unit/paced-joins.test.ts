/** Who joins very many instruments is given their last values as fast as it reads, and no faster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { WorkTurns } from '../../src/workers/proxy/admission/work-turns.ts';
import type { ClientSession } from '../../src/workers/proxy/connection/client-session.ts';
import { LOW_MARK_BYTES } from '../../src/workers/proxy/slow/conflator.ts';
import { PacedJoins } from '../../src/workers/proxy/subscriptions/paced-joins.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import type { Item } from '../../src/workers/proxy/subscriptions/subscription-item.ts';
import type { SubscriptionWish } from '../../src/workers/proxy/subscriptions/subscription-wish.ts';
import { RELIANCE } from '../support/sample-tick.ts';
import { until } from '../support/until.ts';

const JOINS = 20;
const LAST_VALUE_BYTES = 20_000;
/** Up to the mark, and one tick above it. */
const CONFLATED_BYTES = LOW_MARK_BYTES + 700;
const WISH: Pick<SubscriptionWish, 'mode'> = { mode: MODE.LTP };
const ITEM: Item = {
  requested: { exchange: 'NSE', symbol: 'RELIANCE', mode: undefined },
  context: { wish: WISH as SubscriptionWish, broker: 'angel', levels: [], hasCodes: false },
  servedLevel: 5,
  refusal: null,
};

/**
 * A client with so many last values to be sent, of which it reads nothing unless the test makes it.
 * @param otherBytes wait for it all the time
 */
function scene(turns: Pick<WorkTurns, 'pause'> = new WorkTurns(), otherBytes = 0) {
  const index = new SubscriptionIndex();
  const told: number[] = [];
  const control = {
    need: (needs: readonly { slot: number }[]) => void told.push(...needs.map(({ slot }) => slot)),
  };
  let waiting = otherBytes;
  let most = 0;
  const client: { -readonly [K in 'open' | 'socket' | 'granted' | 'joining' | 'cork']: ClientSession[K] } = {
    open: true,
    granted: new Set(),
    joining: new Set(),
    cork: (send) => send(),
    socket: { getBufferedAmount: () => waiting } as ClientSession['socket'],
  };
  const joined: number[] = [];
  const joins = Array.from({ length: JOINS }, (_, slot) => ({
    granted: [{ instrument: { ...RELIANCE, slot }, item: ITEM }],
    needsRoom: true,
    join: () => {
      joined.push(slot);
      waiting += LAST_VALUE_BYTES;
      most = Math.max(most, waiting);
    },
  }));
  const read = () => {
    waiting = otherBytes;
  };
  const paced = new PacedJoins(control, index, turns);
  const unheld = joins.flatMap(({ granted }) => granted);
  const done = paced.run(client as ClientSession, joins, unheld);
  return { index, told, client, joined, read, done, most: () => most };
}

test('all join in their order while no more waits than a client has room for, and upstream keeps what has to wait', async () => {
  const { index, told, joined, read, done, most } = scene();
  const first = joined.length;
  assert.ok(first > 0 && first < JOINS, 'at once as far as there is room');
  assert.deepEqual([told, index.need(first - 1).modes, index.need(first).modes], [[], 0, 2]);
  await until('all of them', () => {
    read();
    return joined.length === JOINS;
  });
  await done;
  assert.deepEqual(joined, [...joined.keys()]);
  assert.deepEqual(told, joined.slice(first), 'the control plane hears of what nobody holds after its turn');
  assert.ok(most() <= 4 * LAST_VALUE_BYTES);
});

test('a client that goes meanwhile joins nothing more', async () => {
  const { client, joined, done } = scene();
  const before = joined.length;
  client.open = false;
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  await until('the end', () => isDone);
  assert.equal(joined.length, before);
});

test('a client that has read joins more in turn with requests: many may have read in the same moment', async () => {
  const turns: (() => void)[] = [];
  const { joined, read } = scene({ pause: () => new Promise((resolve) => turns.push(resolve)) });
  const before = joined.length;
  read();
  const goOn = await until('its wait for a turn', () => turns.pop());
  assert.equal(joined.length, before);
  goOn();
  await until('its turn', () => joined.length > before);
});

test('a client whose conflated ticks always wait joins all the same: they are sent on as soon as it has read a part', async () => {
  const { joined, read } = scene(new WorkTurns(), CONFLATED_BYTES);
  await until('all of them', () => {
    read();
    return joined.length === JOINS;
  });
});
