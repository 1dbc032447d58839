/** No old tick comes behind a feed status, where it would look like news. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE } from '../../src/codec/tick.ts';
import { FeedStatusNotifier } from '../../src/workers/proxy/feed-status-notifier.ts';
import { PLAIN_TERMS } from '../../src/workers/proxy/slow/delivery-terms.ts';
import { INSTRUMENTS, SlowScene } from '../support/slow-scene.ts';
import { until } from '../support/until.ts';

const LIMITS = {
  policy: 'conflate',
  conflateBytes: { ltp: 5000, quote: 5000, depth: 5000 },
  conflateAgeMs: { ltp: 0, quote: 0, depth: 0 },
  timeoutMs: Number.POSITIVE_INFINITY,
} as const;

for (const maxRate of [0, 1]) {
  const who = maxRate > 0 ? 'one that wants few messages' : 'one that has fallen behind';
  test(`a feed status comes behind the ticks that wait for a client: for ${who}`, async (t) => {
    const scene = new SlowScene(LIMITS, 1000);
    const statuses = new FeedStatusNotifier();
    t.after(() => {
      statuses.stop();
      scene.conflator.stop();
    });
    const client = scene.connect({ features: FEATURE.SEQUENCE | FEATURE.STATUS });
    const { session, socket } = client;
    for (const slot of [0, 1]) scene.subscribe(client, slot, MODE.QUOTE, { ...PLAIN_TERMS, maxRate });
    statuses.hold(session, INSTRUMENTS.slice(0, 2));
    const tick = () => {
      for (const slot of [0, 1]) scene.tick(slot, 5);
      scene.endTurn();
    };
    if (maxRate === 0) while (session.backlogBytes < 5000) tick();
    scene.round(40);
    for (let i = 0; i < 5; i++) tick();
    const stale = { status: 'stale', since: 1, reason: 'silent', broker: 'angel', slots: [0] } as const;
    statuses.onNews({ type: 'feedStatus', ...stale });
    await until('the status', () => statuses.sent === 1);
    scene.read(client, Number.POSITIVE_INFINITY);
    const last = scene.ticks[0]!.at(-1)!;
    const [before, status] = socket.read.slice(-2).map(({ message }) => message);
    assert.equal(status!.type, 'feed_status');
    assert.deepEqual([before!.symbol, before!.seq], [last.symbol, last.seq]);
    scene.readAll();
    const told = socket.read.findIndex(({ message }) => message.type === 'feed_status');
    const behind = socket.read.slice(told + 1).map(({ message }) => message.symbol);
    assert.deepEqual([...new Set(behind)], [INSTRUMENTS[1]!.symbol], 'what is not concerned waits on');
  });
}
