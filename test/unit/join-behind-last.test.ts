/** Who comes back to a session is told of what it missed, and of nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { joinBehindLast } from '../../src/workers/proxy/subscriptions/join-behind-last.ts';
import type { SnapshotJoin } from '../../src/workers/proxy/subscriptions/snapshot-join.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { RELIANCE, sampleTick } from '../support/sample-tick.ts';

const EPOCH = 7;
const FORM = { framing: 'json', features: 0, dialect: 'openalgo', depthLevel: 5, servedLevel: 5 } as const;

/** What a client of quotes is told that had the tick `had` as its last, when the instrument's latest is an LTP tick. */
function toldBehind(latest: number, had: number): Record<string, unknown>[] {
  const index = new SubscriptionIndex();
  const stream = index.add(RELIANCE, { ...FORM, view: MODE.QUOTE });
  const words = Int32Array.from(sampleTick(MODE.LTP, RELIANCE).words);
  writeInt64(words, WORD.EPOCH, EPOCH);
  writeInt64(words, WORD.SEQ, latest);
  const snapshots: Partial<SnapshotJoin> = {
    words,
    doubles: new Float64Array(words.buffer),
    meet: () => true,
  };
  const told: Record<string, unknown>[] = [];
  const client = {
    send: (message: Record<string, unknown>) => void told.push(message),
    sendBytes: () => assert.fail('an LTP tick shows nothing of a quote'),
  };
  const past = { base: { epoch: EPOCH, seq: had }, deep: { epoch: 0, seq: 0 } };
  const streams = index.get(RELIANCE.slot)!;
  const absence = { past, isBroken: false };
  let joined = 0;
  joinBehindLast(
    { client, streams, taken: [stream], absence },
    snapshots as SnapshotJoin,
    index,
    () => joined++,
  );
  assert.equal(joined, 1);
  return told;
}

test('a client whose last value cannot be shown to it reads of a gap only when ticks have passed', () => {
  assert.deepEqual(toldBehind(10, 10), []);
  const [gap, ...others] = toldBehind(10, 7);
  assert.deepEqual([gap?.last_seq, gap?.next_seq, gap?.missed, others.length], [7, 11, 3, 0]);
});
